use super::*;

struct Place {
    _keep: tempfile::TempDir,
    run: Utf8PathBuf,
    folder: Utf8PathBuf,
}

impl Drop for Place {
    fn drop(&mut self) {
        super::super::mounted::unmount_below(&self.run).expect("nothing is left mounted");
    }
}

/// A project's folder, and a run's.
fn place(files: &[&str]) -> Place {
    let keep = tempfile::tempdir().expect("a folder");
    let top = Utf8PathBuf::from_path_buf(keep.path().to_owned()).expect("UTF-8");
    let top = top.canonicalize_utf8().expect("a folder");
    let place = Place { _keep: keep, run: top.join("run"), folder: top.join("project") };
    fs::create_dir_all(&place.run).expect("a folder");
    for file in files {
        let file = place.folder.join(file);
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        fs::write(file, "").expect("a file");
    }
    place
}

impl Place {
    fn project(&self, text: &str) -> Project {
        let file = self.folder.join("compose.yaml");
        fs::write(&file, text).expect("a file");
        let request = crate::compose::request::Request {
            directory: self.folder.to_string(),
            files: vec![file.to_string()],
            profiles: vec!["*".into()],
            ..Default::default()
        };
        let depth = crate::compose::project::Depth::WithoutEnvFiles;
        crate::compose::project::load(&request, depth).expect("a model").into()
    }

    fn planned(&self, text: &str, shared: &Shared) -> (String, Isolation, Views) {
        let project = self.project(text);
        let folders = shared.folders.iter().map(|folder| self.folder.join(folder)).collect();
        let mut views = Views::new(&self.run, folders).expect("a folder");
        views.open(&self.folder).expect("a view");
        let missing = missing(&project, &views, &ImageVolumes::new());
        assert!(missing.is_empty(), "{missing:?}");
        let (plan, record) =
            plan(&project, "seaworthy-1", shared, &mut views, &ImageVolumes::new())
                .expect("a plan");
        let text = crate::stack::overlay::text(
            &project,
            "seaworthy-1",
            crate::stack::HostPorts::Free,
            &super::super::Own { storage: plan, ..Default::default() },
        )
        .expect("YAML");
        (text, record, views)
    }
}

#[test]
fn what_can_be_written_is_the_runs_own() {
    let place = place(&["src/a", "data/x", "conf/a.conf"]);
    let outside = place.folder.parent().expect("a folder").join("outside");
    fs::create_dir_all(outside.join("in/it")).expect("a folder");
    let (text, record, views) = place.planned(
        &format!(
            "services:\n  app:\n    image: app\n    profiles: [p]\n    volumes: ['./src:/src', '{outside}:/o:ro', 'pets:/v', 'off:/off']\n  \
             db:\n    image: redis:8\n    volumes: ['./data:/data', '{outside}/in:/in', './conf/a.conf:/a.conf:ro', '/usr:/u:ro', 'bound:/b']\n    secrets: [key]\n\
             secrets: {{key: {{file: ./conf/a.conf}}}}\n\
             volumes:\n  pets: {{external: true}}\n  off: {{driver_opts: {{type: nfs, o: addr=x, device: ':/x'}}}}\n  bound: {{driver_opts: {{type: none, o: bind, device: ./src}}}}\n"
        ),
        &Shared::default(),
    );
    let seen = |path: &str| views.seen(&place.folder.join(path)).expect("a view");
    for wanted in [
        format!("source: {}", seen("src")),
        format!("source: {}", seen("data")),
        format!("source: {}", seen("conf/a.conf")),
        format!("source: {}", views.seen(&outside).expect("one view for both")),
        format!("source: {}", views.seen(&outside.join("in")).expect("one view for both")),
        "source: /usr\n".into(),
        format!("device: {}", seen("src")),
        format!("file: {}", seen("conf/a.conf")),
        "pets: !override\n    name: seaworthy-1_pets".into(),
        "off: !override\n    name: seaworthy-1_off".into(),
        "create_host_path: false".into(),
    ] {
        assert!(text.contains(&wanted), "{wanted} in\n{text}");
    }
    assert_eq!(views.all().len(), 2, "the folder outside has one view: {:?}", views.all());
    assert_eq!(fs::read_dir(seen("data")).expect("a folder").count(), 0, "a store begins empty");
    assert!(place.folder.join("data/x").exists());
    assert_eq!(
        record.fresh,
        [
            "./data of \"db\" (where redis keeps its data)",
            "volume \"pets\" (external)",
            "volume \"off\" (type nfs of the driver)"
        ]
    );
}

#[test]
fn what_is_shared_on_purpose_stays_and_is_told() {
    let place = place(&["media/a", "src/a"]);
    let shared =
        Shared { volumes: vec!["pets".into()], folders: vec!["media".into()], ..Shared::default() };
    let (text, record, _views) = place.planned(
        "services:\n  app: {image: app, volumes: ['./media:/m', './src:/s', 'pets:/v']}\nvolumes: {pets: {external: true}}\n",
        &shared,
    );
    assert!(text.contains(&format!("source: {}/media\n", place.folder)), "{text}");
    assert!(!text.contains("pets:\n") && !text.contains("pets: !override"), "{text}");
    let told: Vec<&str> = record.shared.iter().map(String::as_str).collect();
    assert_eq!(told, ["volume \"pets\"", "./media of \"app\""]);
}

#[test]
fn a_source_that_is_not_there_is_told_with_its_place_and_not_made() {
    let place = place(&["html/index.html"]);
    let project = place.project(
        "services:\n  web:\n    image: nginx\n    volumes:\n      - ./htm:/usr/share/nginx/html:ro\n      - ./html:/h\n  \
         db:\n    image: postgres\n    volumes: ['./pg:/var/lib/postgresql/data']\n",
    );
    let mut views = Views::new(&place.run, Vec::new()).expect("a folder");
    views.open(&place.folder).expect("a view");
    let found = missing(&project, &views, &ImageVolumes::new());
    assert_eq!(found.len(), 1, "a store's folder is made for the run: {found:?}");
    assert!(found[0].title.contains("mounts ./htm at /usr/share/nginx/html"), "{}", found[0].title);
    assert!(found[0].place().expect("a place").ends_with("compose.yaml:5:9"));
    assert!(found[0].help.as_deref().expect("help").contains("did you mean \"html\"?"));
    assert!(!place.folder.join("htm").exists());
    plan(&project, "x", &Shared::default(), &mut views, &ImageVolumes::new()).expect("a plan");
    assert!(!place.folder.join("pg").exists(), "made in the view alone");
}
