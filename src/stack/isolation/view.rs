//! Folders of the host as a run sees them: whatever is written there is the run's own.
//!
//! As root an overlay is mounted in the run's folder, where the engine sees it too; elsewhere it is
//! a bounded copy. One real folder has one view, so that services that share a folder share the view.

use std::{ffi::CString, fmt, fs, io, os::fd::AsRawFd as _};

use camino::{Utf8Path, Utf8PathBuf};
use rustix::{
    fs::{Mode, OFlags, open},
    mount::{MountFlags, mount, mount_bind, mount_bind_recursive},
    process::geteuid,
};

use super::{
    copy::{self, Budget, Instead, NoCopy, empty_like},
    mounted,
};
use crate::compose::Invocation;

/// The folder of all views in the folder of a run.
pub(in crate::stack) const FOLDER: &str = "views";
/// The folder of what is seen in the folder of a view.
const BESIDE: &str = "seen";
/// More file systems than these below one folder are no project's.
const MOST_NESTED: usize = 32;

/// How a folder is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Through an overlay: nothing is copied but what is written.
    Overlay,
    /// As a copy.
    Copy,
    /// As an empty folder.
    Empty,
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Overlay => "overlay",
            Self::Copy => "copy",
            Self::Empty => "empty",
        })
    }
}

/// A folder, or a file, and where the run sees it.
#[derive(Debug, Clone)]
pub struct View {
    /// The real one, absolute and without symbolic links.
    pub real: Utf8PathBuf,
    /// Where its view is.
    pub seen: Utf8PathBuf,
    /// How it came about.
    pub how: How,
}

/// A view that cannot be had.
#[derive(Debug)]
pub struct Refused {
    /// The folder.
    pub folder: Utf8PathBuf,
    /// Why not.
    pub why: String,
}

/// The views of a run.
#[derive(Debug)]
pub struct Views {
    folder: Utf8PathBuf,
    pub(super) all: Vec<View>,
    /// Data folders of stores, emptied.
    pub emptied: Vec<Utf8PathBuf>,
    /// What is shared on purpose.
    shared: Vec<Utf8PathBuf>,
    /// What could not be read, and is in no copy.
    unreadable: Vec<Utf8PathBuf>,
    pub(super) budget: Budget,
    count: usize,
}

impl Views {
    /// No view yet. `run` is the folder of the run; `shared` are folders that are seen as they are.
    ///
    /// # Errors
    /// The operating system's.
    pub fn new(run: &Utf8Path, shared: Vec<Utf8PathBuf>) -> io::Result<Self> {
        let folder = run.canonicalize_utf8()?.join(FOLDER);
        fs::create_dir_all(&folder)?;
        Ok(Self {
            folder,
            all: Vec::new(),
            emptied: Vec::new(),
            shared,
            unreadable: Vec::new(),
            budget: Budget::default(),
            count: 0,
        })
    }

    /// The views, in the order in which they were made.
    #[must_use]
    pub fn all(&self) -> &[View] {
        &self.all
    }

    /// Folders and where they are read, for whoever asks by path.
    #[must_use]
    pub fn pairs(&self) -> Vec<(Utf8PathBuf, Utf8PathBuf)> {
        self.all.iter().map(|view| (view.real.clone(), view.seen.clone())).collect()
    }

    /// Whether programs of the run find the views in the place of the folders themselves
    /// ([`super::enter`]).
    #[must_use]
    pub fn cover(&self) -> bool {
        may_cover() && !self.all.is_empty()
    }

    /// Has files read in the views, by our loader and by Compose.
    pub fn show(&self, invocation: &mut Invocation) {
        invocation.seen_at = self.pairs();
        invocation.covered = self.cover();
    }

    /// Where a path without symbolic links is seen; none outside all views.
    #[must_use]
    pub fn seen(&self, real: &Utf8Path) -> Option<Utf8PathBuf> {
        let views = self.all.iter().filter_map(|view| {
            let rest = real.strip_prefix(&view.real).ok()?;
            Some((view.real.as_str().len(), joined(&view.seen, rest)))
        });
        views.max_by_key(|(length, _)| *length).map(|(_, seen)| seen)
    }

    /// The real path of one in a view; itself outside all views.
    #[must_use]
    pub fn real(&self, seen: &Utf8Path) -> Utf8PathBuf {
        let views = self.all.iter().filter_map(|view| {
            let rest = seen.strip_prefix(&view.seen).ok()?;
            Some(joined(&view.real, rest))
        });
        views.into_iter().next().unwrap_or_else(|| seen.to_owned())
    }

    /// Whether a path is shared on purpose.
    #[must_use]
    pub fn is_shared(&self, real: &Utf8Path) -> bool {
        self.shared.iter().any(|shared| real.starts_with(shared))
    }

    /// Whether the folder of the run lies in a folder.
    #[must_use]
    pub fn lies_in(&self, folder: &Utf8Path) -> bool {
        self.folder.starts_with(folder)
    }

    /// Whether a copy lacks something at, in or around a path because it could not be read.
    #[must_use]
    pub fn lacks(&self, real: &Utf8Path) -> Option<&Utf8Path> {
        let lacking = |path: &&Utf8PathBuf| path.starts_with(real) || real.starts_with(path);
        self.unreadable.iter().find(lacking).map(Utf8PathBuf::as_path)
    }

    /// The real path that a path means: views are followed, and symbolic links inside them.
    /// What is not there is placed by the folder that is.
    #[must_use]
    pub fn locate(&self, path: &Utf8Path) -> Utf8PathBuf {
        /// As many links as the kernel follows (`path_resolution(7)`).
        const LINKS: usize = 40;
        let full = camino::absolute_utf8(path).unwrap_or_else(|_| path.to_owned());
        let mut path = self.real(&clean(&full));
        'links: for _ in 0..LINKS {
            let mut at = Utf8PathBuf::from("/");
            let names: Vec<String> = path.iter().skip(1).map(str::to_owned).collect();
            for (place, name) in names.iter().enumerate() {
                let next = at.join(name);
                let looked_at = self.seen(&next).unwrap_or_else(|| next.clone());
                if let Ok(target) = looked_at.read_link_utf8() {
                    // A relative link starts from the real folder, not from its view.
                    let rest: Utf8PathBuf = names[place + 1..].iter().collect();
                    path = self.real(&clean(&at.join(target).join(rest)));
                    continue 'links;
                }
                at = next;
            }
            return at;
        }
        path
    }

    /// Makes a view of a folder, or of a single file. What has one already keeps it.
    ///
    /// # Errors
    /// [`Refused`] when neither an overlay nor a copy can be had.
    pub fn open(&mut self, real: &Utf8Path) -> Result<(), Refused> {
        self.open_on(real, real)
    }

    /// As [`Views::open`], with what is to be seen at first read elsewhere.
    ///
    /// # Errors
    /// As [`Views::open`].
    pub fn open_on(&mut self, real: &Utf8Path, lower: &Utf8Path) -> Result<(), Refused> {
        if self.seen(real).is_some() {
            return Ok(());
        }
        let refused = |why: String| Refused { folder: real.to_owned(), why };
        let own = self.own_folder(real).map_err(|why| refused(why.to_string()))?;
        let found = fs::metadata(lower).map_err(|why| refused(why.to_string()))?;
        if found.is_dir() && self.lies_in(real) {
            return Err(refused(format!("the folder of this run is in it ({})", self.folder)));
        }
        let overlaid = if found.is_dir() && may_cover() {
            self.overlay(real, lower, &own)
        } else {
            Err(io::Error::other("only root may mount an overlay"))
        };
        let how = match overlaid {
            Ok(()) => How::Overlay,
            Err(why) => {
                // Of a try that went half way nothing may be left under the copy.
                mounted::unmount_below(&own.top).map_err(|why| refused(why.to_string()))?;
                if fs::symlink_metadata(&own.seen).is_ok() {
                    fs::remove_dir(&own.seen).map_err(|why| refused(why.to_string()))?;
                }
                self.copy(lower, &own.seen).map_err(|no| {
                    refused(format!("no overlay ({why}) and no copy ({no}) of it can be had"))
                })?;
                How::Copy
            }
        };
        self.all.push(View { real: real.to_owned(), seen: own.seen, how });
        Ok(())
    }

    /// Puts an empty folder with the same owner and mode in the place of another.
    ///
    /// # Errors
    /// [`Refused`] with the operating system's reason.
    pub fn empty(&mut self, real: &Utf8Path) -> Result<(), Refused> {
        if self.emptied.iter().any(|known| known == real) {
            return Ok(());
        }
        let refused = |why: io::Error| Refused { folder: real.to_owned(), why: why.to_string() };
        let view = self.all.iter().rfind(|view| real.starts_with(&view.real)).cloned();
        let own = self.own_folder(real).map_err(refused)?;
        match view {
            None => {
                empty_like(real, &own.seen).map_err(refused)?;
                let view = View { real: real.to_owned(), seen: own.seen, how: How::Empty };
                self.all.push(view);
            }
            Some(view) => {
                let rest = real.strip_prefix(&view.real).unwrap_or(real);
                let seen = joined(&view.seen, rest);
                if view.how == How::Overlay {
                    fs::create_dir_all(&seen).map_err(refused)?;
                    empty_like(&seen, &own.seen).map_err(refused)?;
                    mount_bind(own.seen.as_std_path(), seen.as_std_path())
                        .map_err(|why| refused(why.into()))?;
                } else {
                    if fs::symlink_metadata(&seen).is_ok() {
                        fs::remove_dir_all(&seen).map_err(refused)?;
                    }
                    empty_like(real, &seen).map_err(refused)?;
                    self.unreadable.retain(|path| !path.starts_with(real));
                }
            }
        }
        self.emptied.push(real.to_owned());
        Ok(())
    }

    /// A folder of its own for a view, which keeps the name; and the whole path where nothing covers
    /// the real folder, so that what lies beside it has a place beside the view ([`super::beside`]).
    fn own_folder(&mut self, real: &Utf8Path) -> io::Result<Own> {
        let top = self.folder.join(self.count.to_string());
        self.count += 1;
        let name = real.file_name().unwrap_or("root");
        let path = real.as_str().trim_start_matches('/');
        let place = if may_cover() || path.is_empty() { name } else { path };
        let seen = top.join(BESIDE).join(place);
        fs::create_dir_all(seen.parent().unwrap_or(&top))?;
        Ok(Own { top, seen })
    }

    fn overlay(&self, real: &Utf8Path, lower: &Utf8Path, own: &Own) -> io::Result<()> {
        fs::create_dir(&own.seen)?;
        overlaid(lower, &own.top.join("layers"), &own.seen)?;
        let below = |place: &Utf8PathBuf| !place.starts_with(&self.folder);
        let nested: Vec<Utf8PathBuf> = mounted::below(lower)?.into_iter().filter(below).collect();
        if nested.len() > MOST_NESTED {
            let why = format!("{} file systems are mounted below it", nested.len());
            return Err(io::Error::other(why));
        }
        for (count, place) in nested.iter().enumerate() {
            let rest = place.strip_prefix(lower).map_err(io::Error::other)?;
            let seen = own.seen.join(rest);
            if fs::metadata(place)?.is_dir() {
                overlaid(place, &own.top.join(format!("layers-{count}")), &seen)?;
            } else {
                fs::write(&seen, fs::read(place)?)?;
            }
        }
        for shared in self.shared.iter().filter(|shared| shared.starts_with(real)) {
            let rest = shared.strip_prefix(real).map_err(io::Error::other)?;
            if fs::metadata(shared).is_ok() {
                mount_bind_recursive(shared.as_std_path(), own.seen.join(rest).as_std_path())?;
            }
        }
        Ok(())
    }

    fn copy(&mut self, lower: &Utf8Path, seen: &Utf8Path) -> Result<(), NoCopy> {
        let (shared, own) = (self.shared.clone(), self.folder.clone());
        let instead = move |path: &Utf8Path| {
            if shared.iter().any(|shared| shared == path) {
                Instead::Link
            } else if own.starts_with(path) && path != lower {
                Instead::Nothing
            } else {
                Instead::Copy
            }
        };
        let unreadable = copy::copy(lower, seen, &mut self.budget, &instead)?;
        self.unreadable.extend(unreadable);
        Ok(())
    }
}

/// Only root may mount.
fn may_cover() -> bool {
    geteuid().is_root()
}

struct Own {
    top: Utf8PathBuf,
    seen: Utf8PathBuf,
}

/// Mounts an overlay of a folder; what is written lands in `layers`.
///
/// Linux, "Overlay Filesystem". Paths are named by descriptors: colons and commas in them would
/// be read as more of the option. Nothing that needs the lower folder to stay as it is is switched
/// on: the real stack may be at work there.
fn overlaid(lower: &Utf8Path, layers: &Utf8Path, seen: &Utf8Path) -> io::Result<()> {
    let (upper, work) = (layers.join("upper"), layers.join("work"));
    fs::create_dir_all(&work)?;
    // The overlay's own root is the upper one.
    empty_like(lower, &upper)?;
    let folder = |path: &Utf8Path| {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        open(path.as_std_path(), flags, Mode::empty())
    };
    let (lower, upper, work) = (folder(lower)?, folder(&upper)?, folder(&work)?);
    let [lower, upper, work] =
        [&lower, &upper, &work].map(|fd| format!("/proc/self/fd/{}", fd.as_raw_fd()));
    let layers = format!("lowerdir={lower},upperdir={upper},workdir={work}");
    let careful = format!("{layers},index=off,metacopy=off,redirect_dir=off");
    let mut done = Err(rustix::io::Errno::INVAL);
    // Older kernels do not know what they do not do.
    for options in [careful, layers] {
        let options = CString::new(options)?;
        let flags = MountFlags::empty();
        done = mount("overlay", seen.as_std_path(), "overlay", flags, options.as_c_str());
        if done.is_ok() {
            break;
        }
    }
    Ok(done?)
}

/// A path without `.` and `..`.
fn clean(path: &Utf8Path) -> Utf8PathBuf {
    crate::compose::values::path::clean(path.as_str()).into()
}

/// A path in a folder; the folder itself has no stroke at its end.
fn joined(folder: &Utf8Path, rest: &Utf8Path) -> Utf8PathBuf {
    if rest.as_str().is_empty() { folder.to_owned() } else { folder.join(rest) }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    struct Place {
        _keep: tempfile::TempDir,
        run: Utf8PathBuf,
        real: Utf8PathBuf,
    }

    impl Drop for Place {
        fn drop(&mut self) {
            mounted::unmount_below(&self.run).expect("nothing is left mounted");
        }
    }

    fn place() -> Place {
        let keep = tempfile::tempdir().expect("a folder");
        let top = Utf8PathBuf::from_path_buf(keep.path().to_owned()).expect("UTF-8");
        let top = top.canonicalize_utf8().expect("a folder");
        let (run, real) = (top.join("run"), top.join("it: real, this"));
        fs::create_dir_all(&run).expect("a folder");
        fs::create_dir_all(real.join("data")).expect("folders");
        fs::write(real.join("data/PG_VERSION"), "16").expect("a file");
        fs::write(real.join("file"), "before").expect("a file");
        Place { _keep: keep, run, real }
    }

    #[test]
    fn what_is_written_to_a_view_is_not_in_the_folder() {
        let place = place();
        let mut views = Views::new(&place.run, Vec::new()).expect("a folder");
        views.open(&place.real).expect("a view");
        let seen = views.seen(&place.real.join("file")).expect("a view");
        assert_eq!(fs::read_to_string(&seen).expect("the file"), "before");
        fs::write(&seen, "after").expect("a write");
        fs::remove_dir_all(views.seen(&place.real.join("data")).expect("a view")).expect("removed");
        assert_eq!(fs::read_to_string(place.real.join("file")).expect("the file"), "before");
        assert!(place.real.join("data/PG_VERSION").exists());
        assert_eq!(views.real(&seen), place.real.join("file"));
        let how = if geteuid().is_root() { How::Overlay } else { How::Copy };
        assert_eq!(views.all()[0].how, how);
    }

    #[test]
    fn an_emptied_folder_is_empty_for_whoever_looks() {
        let place = place();
        let mut views = Views::new(&place.run, Vec::new()).expect("a folder");
        views.open(&place.real).expect("a view");
        views.empty(&place.real.join("data")).expect("emptied");
        views.empty(&place.real.join("made/of/nothing")).expect("emptied");
        let data = views.seen(&place.real.join("data")).expect("a view");
        assert_eq!(fs::read_dir(&data).expect("a folder").count(), 0);
        fs::write(data.join("mine"), "").expect("a write");
        assert!(!place.real.join("data/mine").exists());
        assert!(views.seen(&place.real.join("made/of/nothing")).expect("a view").is_dir());
        assert!(!place.real.join("made").exists());
    }

    #[test]
    fn what_is_shared_on_purpose_is_the_folder_itself() {
        let place = place();
        let shared = place.real.join("data");
        let mut views = Views::new(&place.run, vec![shared.clone()]).expect("a folder");
        views.open(&place.real).expect("a view");
        assert!(views.is_shared(&shared.join("PG_VERSION")));
        let seen = views.seen(&shared.join("mine")).expect("a view");
        fs::write(seen, "").expect("a write");
        assert!(shared.join("mine").exists());
    }

    #[test]
    fn a_link_out_of_a_view_is_followed_to_where_it_leads() {
        let place = place();
        let elsewhere = place.real.parent().expect("a parent").join("elsewhere");
        fs::create_dir(&elsewhere).expect("a folder");
        symlink(&elsewhere, place.real.join("out")).expect("a link");
        symlink(place.real.join("data"), place.real.join("in")).expect("a link");
        symlink("../elsewhere", place.real.join("beside")).expect("a link");
        let mut views = Views::new(&place.run, Vec::new()).expect("a folder");
        views.open(&place.real).expect("a view");
        assert_eq!(views.locate(&place.real.join("out/x")), elsewhere.join("x"));
        // From the real folder: beside the view there is nothing.
        assert_eq!(views.locate(&place.real.join("beside/x")), elsewhere.join("x"));
        let seen = views.seen(&place.real).expect("a view");
        assert_eq!(views.locate(&seen.join("beside/x")), elsewhere.join("x"));
        assert_eq!(views.locate(&place.real.join("in/x")), place.real.join("data/x"));
        assert_eq!(views.locate(&place.real.join("none/x")), place.real.join("none/x"));
    }

    #[test]
    fn a_single_file_has_a_copy() {
        let place = place();
        let mut views = Views::new(&place.run, Vec::new()).expect("a folder");
        let file = place.real.join("file");
        views.open(&file).expect("a view");
        fs::write(views.seen(&file).expect("a view"), "after").expect("a write");
        assert_eq!(fs::read_to_string(&file).expect("the file"), "before");
    }

    #[test]
    fn a_folder_that_holds_the_run_itself_is_refused() {
        let place = place();
        let mut views = Views::new(&place.run, Vec::new()).expect("a folder");
        let refused = views.open(place.run.parent().expect("a parent")).expect_err("refused");
        assert!(refused.why.contains("the folder of this run is in it"), "{}", refused.why);
    }
}
