//! A volume that binds a folder of the host is that folder, in the files and in containers.

use super::support::Project;

/// Every scenario of `fixtures/small/bound`, in one run.
#[test]
fn a_volume_that_binds_a_folder_is_that_folder() {
    let project = Project::small("bound");
    let ended = project.start(&["verify"]).end_clean();
    ended.says(
        1,
        &[
            "\"A volume\" is not so",
            "folder ./data at /srv/data (writable): volume \"data\" is that folder",
            "say `service \"files\" mounts \"./data\" at \"/srv/data\"`",
            "\"Another folder\" is not so",
            "mount folder ./other there",
            "\"Read-only\" is not so",
            "\"A folder of the host\" is not so",
            "volume own at /srv/own (writable)",
            "1 passed, 4 failed",
        ],
    );
}
