//! The lossless editor of kubeconfigs, on any text.
#![no_main]

use kubeconfig_edit::{Editor, Entry, Exec, Kubeconfig, Parts, PluginCall, parse, replace_exec, restore_exec};
use libfuzzer_sys::fuzz_target;

const EDITOR: Editor<'_> = Editor::new("nsaccess");
const NAME: &str = "idp-ns-idp-dev";

fn entry() -> Entry {
    Entry {
        name: NAME.to_owned(),
        server: "https://127.0.0.1:6443".to_owned(),
        certificate_authority_data: "LS0tLS1CRUdJTg==".to_owned(),
        namespace: "idp-dev".to_owned(),
        exec: Exec {
            command: "/usr/local/bin/nsaccess".to_owned(),
            args: vec!["token".to_owned(), "idp-dev".to_owned(), "# no comment".to_owned()],
            install_hint: "Install it:\n\n  here".to_owned(),
        },
    }
}

fn others(mut config: Kubeconfig) -> Kubeconfig {
    config.clusters.retain(|cluster| cluster.name != NAME);
    config.contexts.retain(|context| context.name != NAME);
    config.users.retain(|user| user.name != NAME);
    config
}

/// A null of a list in flow style, which comes back as `null`, whichever way it was spelled.
fn without_nulls(text: &str) -> String {
    ["null", "Null", "NULL", "~", " "].iter().fold(text.to_owned(), |text, null| text.replace(null, ""))
}

fn another_plugin(text: &str, user: &str) {
    let args = ["token", "--cluster-name", "# no comment"].map(str::to_owned).to_vec();
    let wanted = PluginCall { api_version: None, command: "/usr/local/bin/nsaccess".to_owned(), args };
    let Ok(done) = replace_exec(text, user, &wanted) else { return };
    let back = restore_exec(&done.text, user, &done.before, &done.after);
    assert_eq!(back, Ok(Some(text.to_owned())), "through\n{}", done.text);
}

fuzz_target!(|text: &str| {
    parse(text).unwrap_or_default().users.iter().for_each(|user| another_plugin(text, &user.name));
    let _ = EDITOR.remove(text, NAME, Parts::ALL);
    let before = parse(text);
    let Ok(after) = EDITOR.apply(text, &entry(), Parts::ALL) else { return };
    let before = before.expect("what can be edited can be read");
    let read = parse(&after).expect("an edited file can be read");
    let context = read.contexts.iter().find(|context| context.name == NAME).expect("our context");
    assert_eq!((context.cluster.as_str(), context.user.as_str()), (NAME, NAME));
    assert_eq!(context.namespace.as_deref(), Some("idp-dev"));
    let cluster = read.clusters.iter().find(|cluster| cluster.name == NAME).expect("our cluster");
    assert_eq!(cluster.server, entry().server);
    let user = read.users.iter().find(|user| user.name == NAME).expect("our user");
    assert_eq!(user.exec.as_ref().map(|exec| exec.args.clone()), Some(entry().exec.args));
    assert_eq!(EDITOR.apply(&after, &entry(), Parts::ALL).as_ref(), Ok(&after), "twice is once");
    assert_eq!(others(read), others(before.clone()), "others' entries");
    // Removing also clears a current context of our name.
    if others(before.clone()) == before && before.current_context.as_deref() != Some(NAME) {
        let removed = EDITOR.remove(&after, NAME, Parts::ALL).expect("what was added can be removed");
        let null_in_flow = after.contains("[ {") && without_nulls(&removed) == without_nulls(text);
        assert!(removed == text || null_in_flow, "{removed:?}\nis not\n{text:?}\nthrough\n{after}");
    }
    if let Ok(current) = EDITOR.set_current_context(&after, NAME) {
        assert_eq!(parse(&current).expect("it can be read").current_context.as_deref(), Some(NAME));
    }
});
