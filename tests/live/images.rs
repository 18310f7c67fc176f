//! The two ways to look through an image: in the engine's folders, and as the engine saves it.

use std::{collections::BTreeMap, fs, process::Command};

use seaworthy::{
    probe::{
        layers::{self, Looked, folders::ImageFolders},
        search::{Needles, Secret},
    },
    stack::engine::Engine,
};

use crate::support::Project;

const SECRET: &str = "a1-correct-horse-battery";
const NAME: &str = "seaworthy-test-layers:latest";

fn docker(arguments: &[&str]) -> String {
    let done = Command::new("docker").args(arguments).output().expect("docker");
    assert!(done.status.success(), "docker {arguments:?}: {done:?}");
    String::from_utf8(done.stdout).expect("UTF-8").trim().to_owned()
}

/// Removes the image, however the test ends.
struct Image;

impl Drop for Image {
    fn drop(&mut self) {
        drop(Command::new("docker").args(["image", "rm", "--force", NAME]).output());
    }
}

fn places(looked: &Looked) -> Vec<&str> {
    looked.found.iter().map(|found| found.place.as_str()).collect()
}

/// Where the engine keeps layers as folders they are read there; what is found is the same.
#[test]
fn what_is_found_where_an_image_lies_is_what_is_found_when_it_is_saved() {
    let project = Project::small("own-images");
    let context = project.aside("layers");
    fs::create_dir_all(&context).expect("a folder");
    let recipe = format!(
        "FROM seaworthy-airgap/debian:12\n\
         RUN echo 'key={SECRET}' > /root/key && ln -s key /root/link\n\
         RUN rm /root/key\n\
         ENV KEPT={SECRET}\n"
    );
    fs::write(context.join("Dockerfile"), recipe).expect("a Dockerfile");
    let image = Image;
    docker(&["build", "--quiet", "--tag", NAME, context.to_str().expect("UTF-8")]);
    let id = docker(&["image", "inspect", "--format", "{{.Id}}", NAME]);
    let driver = docker(&["info", "--format", "{{.Driver}}"]);

    let needles = Needles::new(&[Secret { name: "key".into(), value: SECRET.into() }]);
    let needles = needles.expect("needles");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (saved, lies) = runtime.block_on(async {
        let engine = Engine::connect().await.expect("an engine");
        let names = BTreeMap::from([(id.clone(), "shop".to_owned())]);
        let saved = layers::stream(engine.saved(&[&id]), &needles, &names).await.expect("saved");
        (saved, engine.image_folders(&id).await.expect("an image"))
    });

    let found = places(&saved);
    assert!(found.contains(&"configuration and history of image shop"), "{found:?}");
    assert!(found.iter().any(|place| place.ends_with(": /root/key")), "{found:?}");
    assert_eq!(lies.is_some(), driver == "overlay2", "{driver}: {lies:?}");
    if let Some((configuration, layers)) = lies {
        let images = [ImageFolders { name: "shop".into(), configuration, layers }];
        let read = layers::folders::look(&images, &needles).expect("folders that can be read");
        // The older format of saved images says a configuration once more for each layer.
        let once: Vec<&str> =
            found.into_iter().filter(|place| !place.ends_with(" of the saved images")).collect();
        assert_eq!(places(&read), once);
        assert_eq!(read.layers, saved.layers);
        // What is no longer there is an error, and never a clean bill.
        drop(image);
        assert!(layers::folders::look(&images, &needles).is_err());
    }
}
