//! What a service does when it starts: its command, and the scripts of the project that it runs.

use camino::Utf8Path;

use crate::{compose::Service, facts::image, policy::Target};

/// Whether a start says one of some words, in its command or in a script of the project that it is.
pub fn say(target: &Target, name: &str, service: &Service, words: &[&str]) -> bool {
    let own = [service.entrypoint.as_ref(), service.command.as_ref()];
    let mut starts: Vec<String> =
        own.into_iter().flatten().flatten().map(|word| word.value.clone()).collect();
    let recipe = image::recipe(&target.project, name, service).ok();
    if let Some(recipe) = &recipe {
        let command = recipe.command();
        starts.extend(command.entrypoint.unwrap_or_default());
        starts.extend(command.command.unwrap_or_default());
    }
    let said = |text: &str| words.iter().any(|word| text.contains(word));
    // Words of a list are parted by nothing.
    if said(&starts.join(" ")) {
        return true;
    }
    let Some(recipe) = recipe.filter(|_| target.project.has_files()) else { return false };
    let copied = recipe.copied();
    let context = service.build.as_ref().and_then(|build| build.context.as_ref());
    let context = Utf8Path::new(context.map_or("", |context| context.as_str()));
    let words = starts.iter().flat_map(|word| word.split_whitespace());
    let scripts = words.filter_map(|word| Utf8Path::new(word).file_name());
    let mut scripts = scripts.filter(|script| {
        script.contains('.') || script.contains("entry") || script.contains("start")
    });
    scripts.any(|script| {
        copied.iter().any(|copied| {
            let source = Utf8Path::new(&copied.source);
            let named = copied.at.ends_with(script) || source.file_name() == Some(script);
            let file = if named { context.join(source) } else { context.join(source).join(script) };
            file.is_file() && target.project.bounds.read_text(&file).is_ok_and(|text| said(&text))
        })
    })
}
