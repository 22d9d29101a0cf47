//! Lists as people, editors and tools write them: a stream of random bytes decides on every detail.

use super::ARN;

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

/// One list; ours may be among its items.
pub(super) fn list(dice: &mut Dice<'_>) -> String {
    let text = match dice.roll(5) {
        0 => flow(dice),
        1 => dice
            .pick(&["", "\n", "# none", "# none\n", "---\n", "---", "[]", "[]\n", "[ ] # none\n", "[\n]\n", "  "])
            .to_owned(),
        _ => block(dice),
    };
    match dice.roll(5) {
        1 => text.replace('\n', "\r\n"),
        2 => text.replace('\n', "\r"),
        _ => text,
    }
}

fn arn(dice: &mut Dice<'_>, number: usize) -> String {
    match dice.roll(3) {
        1 => ARN.to_owned(),
        2 => ARN.to_ascii_uppercase(),
        _ => format!("arn:aws:iam::111122223333:role/other-{number}"),
    }
}

fn block(dice: &mut Dice<'_>) -> String {
    let mut text = dice.pick(&["", "", "# top\n", "---\n", "\u{feff}", "\n"]).to_owned();
    let base = dice.pick(&["", "", "  ", "    "]);
    let gap = dice.pick(&[" ", " ", "   "]);
    for number in 0..=dice.roll(4) {
        text.push_str(dice.pick(&["", "", "", "\n", "# about the next\n", "      # deep\n"]));
        match dice.roll(5) {
            0 => text.push_str(&format!("{base}-{gap}{}{}\n", braces(dice, number, ""), dice.pick(&["", " # x"]))),
            _ => item(dice, number, base, gap, &mut text),
        }
    }
    text.push_str(dice.pick(&["", "", "# the end\n", "\n\n", "       # deep end\n", "...\n"]));
    // An unfinished text that ends inside of a block of text is refused.
    if dice.roll(4) == 1 && !text.trim_end().ends_with("more") {
        text.truncate(text.trim_end().len());
    }
    text
}

fn item(dice: &mut Dice<'_>, number: usize, base: &str, gap: &str, text: &mut String) {
    let indent = format!("{base} {}", " ".repeat(gap.len()));
    let quote = dice.pick(&["", "", "'", "\""]);
    let mut fields = vec![format!("{quote}rolearn{quote}: {quote}{}{quote}\n", arn(dice, number))];
    if dice.roll(4) != 1 {
        fields.push(format!("username: {}\n", dice.pick(&["plain", "'{{SessionName}}'", "a:{{SessionName}} # why"])));
    }
    if dice.roll(4) != 1 {
        fields.push(format!("groups:{}", groups(dice, &indent)));
    }
    if dice.roll(4) == 1 {
        fields.push(
            dice.pick(&["note: keep me\n", "x: {a: [b, c]}\n", "x: |\n          # text\n          more\n"]).to_owned(),
        );
    }
    let by = dice.roll(fields.len());
    fields.rotate_left(by);
    let head = match dice.roll(6) {
        1 => format!("{base}-\n{indent}"),
        _ => format!("{base}-{gap}"),
    };
    text.push_str(&head);
    text.push_str(&fields.join(&format!("{}{indent}", dice.pick(&["", "", "", "  # remark\n", "\n"]))));
}

fn groups(dice: &mut Dice<'_>, indent: &str) -> String {
    let count = dice.roll(4);
    if count == 0 {
        let nothing =
            ["", " []", " ~", " [ ]", " # none", " [] # none", "   ", " null # none", " [ # none\n          ]"];
        return format!("{}\n", dice.pick(&nothing));
    }
    let quote = dice.pick(&["", "", "'", "\""]);
    let names: Vec<String> = (0..count).map(|number| format!("{quote}team:{number}{quote}")).collect();
    if dice.roll(3) == 1 {
        let between = dice.pick(&[", ", ",", " ,  ", ",\n            "]);
        let (open, close) = [("[", "]"), ("[ ", " ]"), ("[\n            ", "\n          ]")][dice.roll(3)];
        return format!(" {open}{}{close}{}\n", names.join(between), dice.pick(&["", " # x"]));
    }
    let dash = format!("{indent}{}", dice.pick(&["", "  ", "    "]));
    let mut text = dice.pick(&["\n", " # mine\n", "  \n"]).to_owned();
    for name in names {
        let remark = dice.pick(&["", "", "", "\n", "              # deep\n"]);
        text.push_str(&format!("{dash}-{}{name}{}\n{remark}", dice.pick(&[" ", "  "]), dice.pick(&["", "", " # x"])));
    }
    text
}

/// An item as `{…}`, with its members on one line, or on lines with this indentation.
fn braces(dice: &mut Dice<'_>, number: usize, lines: &str) -> String {
    let json = dice.roll(2) == 1;
    let (key, colon) = if json { ("\"", dice.pick(&[": ", ":"])) } else { ("", ": ") };
    let mut fields = vec![format!("{key}rolearn{key}{colon}\"{}\"", arn(dice, number))];
    if dice.roll(3) != 1 {
        fields.push(format!("{key}username{key}{colon}\"a\""));
    }
    if dice.roll(3) != 1 {
        let list = dice.pick(&["[\"x\", \"y\"]", "[\"x\"]", "[]", "[ ]", "[ \"x\" ]", "[\"x\",\"y\" ]"]);
        fields.push(format!("{key}groups{key}{colon}{list}"));
    }
    match lines {
        "" => {
            let pad = dice.pick(&["", " "]);
            format!("{{{pad}{}{pad}}}", fields.join(dice.pick(&[", ", ","])))
        }
        _ => format!("{{\n{lines}  {}\n{lines}}}", fields.join(&format!(",\n{lines}  "))),
    }
}

fn flow(dice: &mut Dice<'_>) -> String {
    let lines = dice.pick(&["", "  "]);
    let items: Vec<String> = (0..dice.roll(4)).map(|number| braces(dice, number, lines)).collect();
    let text = match (lines, items.is_empty()) {
        (_, true) => "[]".to_owned(),
        ("", _) => format!("[{}]", items.join(dice.pick(&[", ", ",", ",\n  "]))),
        _ => format!("[\n  {}\n]", items.join(",\n  ")),
    };
    format!("{text}{}", dice.pick(&["\n", "", "\n\n", " # the end\n"]))
}
