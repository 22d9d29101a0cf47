//! Kubeconfigs as people, editors and tools write them: a stream of random bytes decides on every detail.

use serde_json::{Value, json};

/// Random decisions. When the bytes are used up, the first choice is taken: shorter inputs give plainer texts.
pub(super) struct Dice<'a>(pub(super) &'a [u8]);

impl Dice<'_> {
    fn roll(&mut self, sides: usize) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(*first) % sides
    }

    fn pick<'c>(&mut self, choices: &[&'c str]) -> &'c str {
        choices[self.roll(choices.len())]
    }
}

/// One kubeconfig without our entry.
pub(super) fn kubeconfig(dice: &mut Dice<'_>) -> String {
    match dice.roll(6) {
        0 => json_file(dice),
        1 => bare(dice),
        _ => block_file(dice),
    }
}

fn bare(dice: &mut Dice<'_>) -> String {
    let text = dice.pick(&[
        "",
        "\n",
        "# only a comment\n",
        "# unfinished",
        "---\n",
        "---",
        "# a\n---\n# b\n",
        "{}",
        "{ }\n",
        "{}  # nothing\n",
        "\u{feff}",
        "\u{feff}# mark\r\n",
        "\r\n",
        "%YAML 1.1\n---\n",
        "{\n}\n",
        "\n\n  \n",
        "--- {}\n",
        "--- # hello\n",
    ]);
    text.to_owned()
}

fn json_file(dice: &mut Dice<'_>) -> String {
    let item = |kind: &str, number: usize| match kind {
        "clusters" => {
            json!({"name": format!("c{number}"), "cluster": {"server": "https://10.0.0.1", "x": [1, {"é": null}]}})
        }
        "contexts" => json!({"context": {"cluster": "c0", "user": "u0"}, "name": format!("x{number}")}),
        _ => json!({"name": format!("u{number}"), "user": {"token": "t\"\\\u{1F980}"}}),
    };
    let mut file = serde_json::Map::new();
    for key in ["apiVersion", "clusters", "kind", "contexts", "users", "extra", "current-context"] {
        let value = match (key, dice.roll(4)) {
            (_, 3) => continue,
            ("apiVersion", _) => json!("v1"),
            ("kind", _) => json!("Config"),
            ("extra", _) => json!({"a": [], "b": {}}),
            ("current-context", _) => json!("x0"),
            (_, 0) => Value::Null,
            (kind, _) => (0..dice.roll(4)).map(|number| item(kind, number)).collect(),
        };
        file.insert(key.to_owned(), value);
    }
    let file = Value::Object(file);
    let text = match dice.roll(3) {
        0 => file.to_string(),
        _ => serde_json::to_string_pretty(&file).expect("JSON"),
    };
    let text = if dice.roll(4) == 1 { text.replace("  ", "\t") } else { text };
    let text = if dice.roll(4) == 1 { text.replace('\n', "\r\n") } else { text };
    format!("{text}{}", dice.pick(&["", "\n", "\n\n"]))
}

fn block_file(dice: &mut Dice<'_>) -> String {
    let mut text = String::new();
    text.push_str(dice.pick(&["", "", "", "\u{feff}", "# top\n", "---\n", "# a\n\n---\n", "%YAML 1.1\n---\n", "\n\n"]));
    let mut keys =
        vec!["apiVersion", "clusters", "contexts", "kind", "users", "current-context", "preferences", "x-team"];
    let base = dice.pick(&["", "", "", "", "  "]).to_owned();
    // Merge keys refer back, so the file that has them keeps its order.
    if dice.roll(3) == 1 {
        let by = dice.roll(keys.len());
        keys.rotate_left(by);
    }
    let mut first = true;
    for key in keys {
        if dice.roll(8) == 7 && !first {
            continue;
        }
        first = false;
        text.push_str(dice.pick(&["", "", "", "\n", "# about this\n", "  # indented remark\n", "\n\n# far\n\n"]));
        match key {
            "clusters" | "contexts" | "users" => list(dice, key, &base, &mut text),
            "apiVersion" => text.push_str(&format!("{base}apiVersion: v1{}\n", dice.pick(&["", " # c", "  "]))),
            "kind" => text
                .push_str(&format!("{base}{}\n", dice.pick(&["kind: Config", "\"kind\": Config", "kind:   'Config'"]))),
            "current-context" => {
                text.push_str(&format!(
                    "{base}current-context:{}\n",
                    dice.pick(&[" x0", " \"x0\"", " ''", "", " # none", " x0 # now"])
                ));
            }
            "preferences" => {
                text.push_str(&format!("{base}preferences: {}\n", dice.pick(&["{}", "{colors: true}", "{ }", "null"])))
            }
            _ => text.push_str(&format!("{base}{}\n", extra(dice).replace('\n', &format!("\n{base}")))),
        }
    }
    text.push_str(dice.pick(&["", "", "", "# the end\n", "\n", "\n\n", "  # deep end\n", "...\n"]));
    if dice.roll(4) == 1 {
        text.truncate(text.trim_end().len());
    }
    match dice.roll(6) {
        1 => text.replace('\n', "\r\n"),
        2 => text.replace('\n', "\r"),
        _ => text,
    }
}

fn extra(dice: &mut Dice<'_>) -> &'static str {
    dice.pick(&[
        "x-team: platform",
        "x-text: |\n  # not a comment\n  - not an item",
        "x-fold: >-\n  one\n  two",
        "x-list: [a, b, # why\n  c]",
        "x-quote: \"a # b: c\"",
        "\"x-é\": 'schön 🦀 it''s'",
        "x-plain: one\n  two three",
        "? x-explicit\n: value",
        "x-deep:\n    a:\n      - - 1\n        - 2\n      -\n        b: ~",
        "x-keep: |+\n  text\n\n",
        "x-tag: !!str 12",
    ])
}

fn list(dice: &mut Dice<'_>, key: &str, base: &str, text: &mut String) {
    let count = dice.roll(4);
    let shape = dice.roll(12);
    if count == 0 || shape < 2 {
        let nothing = dice.pick(&[
            "",
            " []",
            " null",
            " ~",
            " [ ]",
            " [] # none",
            " # none",
            " null # none",
            " [\n  ]",
            "   ",
            " Null",
            " # none\n# below\n      ~",
            "\n      null",
        ]);
        text.push_str(&format!("{base}{key}:{nothing}\n"));
        return;
    }
    if shape < 4 {
        flow_list(dice, key, base, count, text);
        return;
    }
    let dash = format!("{base}{}", dice.pick(&["", "", "  ", "    "]));
    text.push_str(&format!("{base}{key}:{}\n", dice.pick(&["", "", " # mine", "  ", &format!(" &{key}")])));
    let gap = dice.pick(&[" ", " ", " ", "   "]).to_owned();
    for number in 0..count {
        text.push_str(dice.pick(&["", "", "", "\n", "# --- next ---\n", "  # mine\n"]));
        let inner = item(dice, key, number, count);
        let pad = format!("{dash}{}", " ".repeat(gap.len() + 1));
        let body = inner.replace('\n', &format!("\n{pad}"));
        // Lines inside of block texts that are empty stay empty.
        let body = body.replace(&format!("\n{pad}\n"), "\n\n");
        text.push_str(&format!("{dash}-{gap}{body}\n"));
    }
}

fn flow_list(dice: &mut Dice<'_>, key: &str, base: &str, count: usize, text: &mut String) {
    let short = key.trim_end_matches('s');
    let items: Vec<String> = (0..count)
        .map(|number| {
            let inner = dice.pick(&["{}", "{a: b, \"c\": [1]}", "{server: https://127.0.0.1:6443}", "{ }"]);
            dice.pick(&["{name: N, K: V}", "{K: V, name: N}", "{ \"name\": \"N\", \"K\": V }", "name: N"])
                .replace('N', &format!("{}{number}", &key[..1]))
                .replace('K', short)
                .replace('V', inner)
        })
        .collect();
    let body = match dice.roll(5) {
        0 => format!("[{}]", items.join(", ")),
        1 => format!("[ {} ]", items.join(" , ")),
        2 => format!("[\n{base}  {}\n{base}  ]", items.join(&format!(",\n{base}  "))),
        3 => format!("[\n{base}  {}, # last\n{base} ]", items.join(&format!(", # next\n{base}  "))),
        _ => format!("[{},]", items.join(",")),
    };
    text.push_str(&format!("{base}{key}: {body}{}\n", dice.pick(&["", "", " # flow"])));
}

fn item(dice: &mut Dice<'_>, key: &str, number: usize, count: usize) -> String {
    let short = key.trim_end_matches('s');
    let name = format!("{}{number}", &key[..1]);
    let indent = dice.pick(&["  ", "  ", "    ", " "]);
    let name = match dice.roll(5) {
        0 | 1 => format!("name: {name}"),
        2 => format!("name: \"{name}\" # called so"),
        3 => format!("\"name\": '{name}'"),
        _ => format!("name:   {name}"),
    };
    let fields = [
        "server: https://10.0.0.1:6443\nproxy-url: socks5://x # p",
        "a: |\n  text: |\n\n  more\nb: c",
        "a: {b: [c, d]}\n# remark\nlast: \"x\"",
        "exec:\n  command: aws\n  args:\n  - --region\n  - eu\n  env: null",
        "certificate-authority-data: >-\n  AAAA\n  BBBB",
        "a:\nb: ~\nc: ''",
        "x: one\n  two",
        "last: |\n  ends in text",
        "keep: |+\n  ends in lines\n",
    ];
    let fields = dice.pick(&fields).replace('\n', &format!("\n{indent}"));
    let fields = fields.replace(&format!("\n{indent}\n"), "\n\n");
    let anchor = if count > 1 && number == 0 && dice.roll(3) == 1 { format!(" &{}", &key[..2]) } else { String::new() };
    let inner = match dice.roll(6) {
        0 if number > 0 => format!("{short}: {{}}"),
        1 => format!("{short}: {{a: 1,\n{indent}b: 2}} # split"),
        2 => format!("{short}:"),
        _ => format!("{short}:{anchor}{}\n{indent}{fields}", dice.pick(&["", "", " # inner"])),
    };
    match dice.roll(3) {
        0 => format!("{name}\n{inner}"),
        1 => format!("{inner}\n{name}"),
        _ => format!("{name}\nx: 1 # unknown\n{inner}"),
    }
}

/// A kubeconfig whose user `u0` has a credential plugin.
pub(super) fn plugin_file(dice: &mut Dice<'_>) -> String {
    if dice.roll(4) == 3 {
        return json_plugin(dice);
    }
    let mut text = dice.pick(&["", "# top\n", "apiVersion: v1\nkind: Config\n", "---\n", "\u{feff}"]).to_owned();
    let dash = dice.pick(&["", "  ", "    "]).to_owned();
    let gap = dice.pick(&[" ", " ", "   "]).to_owned();
    let pad = format!("\n{dash}{}", " ".repeat(gap.len() + 1));
    let user = match dice.roll(3) {
        0 => format!("name: u0 # called so\nuser:{}", flow_plugin(dice)),
        1 => format!("\"name\": 'u0'\nuser:{}", block_plugin(dice)),
        _ => format!("user:{}\nname: u0", block_plugin(dice)),
    };
    text.push_str(&format!("users:{}\n{dash}-{gap}{}\n", dice.pick(&["", " # mine"]), user.replace('\n', &pad)));
    text.push_str(&dice.pick(&["", "# between\n", "\n"]).replace("# b", &format!("{dash}# b")));
    text.push_str(&format!("{dash}-{gap}name: u1{pad}user: {{token: \"a: b\"}}\n"));
    text.push_str(dice.pick(&["", "current-context: x # now\n", "# end", "x-list: [a,\n  b]\n"]));
    if dice.roll(5) == 1 {
        text.truncate(text.trim_end().len());
    }
    match dice.roll(5) {
        1 => text.replace('\n', "\r\n"),
        2 => text.replace('\n', "\r"),
        _ => text,
    }
}

fn block_plugin(dice: &mut Dice<'_>) -> String {
    let step = dice.pick(&["  ", "    ", " "]).to_owned();
    let args = [
        "args:\n- eks\n- get-token",
        "args: # of it\n  # first\n  -   eks # one\n  -   \"get-token\"",
        "args: [eks, get-token] # flow",
        "args: [eks, # one\n  'get-token']",
        "args:\n- eks\n- >-\n  get-token",
        "\"args\": null",
        "args:",
        "args: []",
    ];
    let command = ["command: aws", "command:   'aws' # it", "\"command\": \"aws\"", "command: a\n  b"];
    let rest = [
        "env:\n- name: AWS_PROFILE # mine\n  value: corp",
        "env: null",
        "installHint: |\n  Get it\n\n  here",
        "provideClusterInfo: true",
        "interactiveMode: Never # ever",
        "# a remark",
        "env: [{name: A, value: \"x y\"}]",
    ];
    let mut fields = vec!["apiVersion: client.authentication.k8s.io/v1beta1", dice.pick(&args), dice.pick(&command)];
    fields.push(dice.pick(&rest));
    let by = dice.roll(fields.len());
    fields.rotate_left(by);
    let inner = fields.join("\n").replace('\n', &format!("\n{step}{step}")).replace(&format!("{step}{step}\n"), "\n");
    let last = dice.pick(&["", "", "\nx: 1"]).replace('\n', &format!("\n{step}"));
    format!("{}\n{step}exec:{}\n{step}{step}{inner}{last}", dice.pick(&["", " # inner"]), dice.pick(&["", " # plugin"]))
}

fn flow_plugin(dice: &mut Dice<'_>) -> String {
    let plugin = dice.pick(&[
        " {exec: {command: aws, args: [eks, get-token], env: [{name: A, value: b}]}}",
        "\n  exec: { \"args\": [ \"eks\" ], \"command\": \"aws\" } # flow",
        " {exec: {args: [eks], # args\n    command: aws}, x: y}",
        "\n  exec: {command: aws}",
    ]);
    plugin.to_owned()
}

fn json_plugin(dice: &mut Dice<'_>) -> String {
    let exec = json!({"apiVersion": "v1", "args": ["eks", "get-token"], "command": "aws", "env": [{"name": "A", "value": "b"}]});
    let users = json!([{"name": "u0", "user": {"exec": exec}}, {"name": "u1", "user": {"token": "t\"\\"}}]);
    let file = json!({"kind": "Config", "users": users, "current-context": "x"});
    let text = if dice.roll(2) == 0 { file.to_string() } else { serde_json::to_string_pretty(&file).expect("JSON") };
    let text = if dice.roll(3) == 1 { text.replace("  ", "\t") } else { text };
    if dice.roll(3) == 1 { text.replace('\n', "\r\n") } else { text }
}
