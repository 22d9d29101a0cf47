//! The lossless editor of the lists in aws-auth, on any text.
#![no_main]

use aws_auth_edit::{List, add_groups, duplicates, read, remove_groups, winner};
use libfuzzer_sys::fuzz_target;

const ARN: &str = "arn:aws:iam::111122223333:role/dev";
const USERNAME: &str = "arn:aws:sts::111122223333:assumed-role/dev/{{SessionName}}";
const GROUP: &str = "nsaccess:web:dev-0a1b2c3d";

fuzz_target!(|text: &str| {
    for list in [List::Roles, List::Users] {
        let before = read(text, list);
        if let Ok(items) = &before {
            let _ = duplicates(items);
        }
        let _ = remove_groups(text, list, ARN, &["a"], true);
        let Ok(after) = add_groups(text, list, ARN, USERNAME, &[GROUP]) else { continue };
        let before = before.expect("what can be edited can be read");
        let old = winner(&before, ARN);
        let items = read(&after, list).expect("an edited text can be read");
        let new = winner(&items, ARN).expect("our item");
        assert!(new.groups.iter().any(|group| group == GROUP));
        assert_eq!(add_groups(&after, list, ARN, USERNAME, &[GROUP]).as_ref(), Ok(&after), "twice is once");
        if old.is_none_or(|old| !old.groups.iter().any(|group| group == GROUP))
            && let Ok(back) = remove_groups(&after, list, ARN, &[GROUP], old.is_none())
        {
            assert_eq!(back, text, "through\n{after}");
        }
    }
});
