//! Texts of elements in the XML of AWS's query protocol, and attributes of a page's `meta` elements. No more is needed.

/// The text of the first element of this name that has no elements in it.
pub(crate) fn text(xml: &str, name: &str) -> Option<String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let (_, after) = xml.split_once(&open)?;
    let (text, _) = after.split_once(&close)?;
    (!text.contains('<')).then(|| unescape(text.trim()))
}

/// What is in the elements of this name, which have none of the same name in them.
pub(crate) fn elements<'a>(xml: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let mut rest = xml;
    std::iter::from_fn(move || {
        let (_, after) = rest.split_once(&open)?;
        let (inside, further) = after.split_once(&close)?;
        rest = further;
        Some(inside)
    })
}

/// The `content` of a page's `meta` element of this name.
pub(crate) fn meta(page: &str, name: &str) -> Option<String> {
    let mut elements = page.split('<').skip(1).filter_map(|element| element.split('>').next());
    elements.find_map(|element| {
        let is_meta = element.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("meta "));
        let is_it = is_meta && attribute(element, "name")?.eq_ignore_ascii_case(name);
        if is_it { attribute(element, "content") } else { None }
    })
}

fn attribute(element: &str, name: &str) -> Option<String> {
    let place = element.to_ascii_lowercase().find(&format!(" {name}="))?;
    let value = &element[place + name.len() + 2..];
    let quote = value.chars().next().filter(|quote| ['"', '\''].contains(quote))?;
    value[1..].split_once(quote).map(|(value, _)| unescape(value))
}

fn unescape(text: &str) -> String {
    let plain = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#34;", "\""), ("&apos;", "'"), ("&#39;", "'")];
    let text = plain.iter().fold(text.to_owned(), |text, (entity, plain)| text.replace(entity, plain));
    text.replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_elements_are_found() {
        let xml = "<GetRoleResponse><GetRoleResult><Role><Path>/</Path>\n<RoleName> a&amp;b </RoleName></Role>";
        assert_eq!(text(xml, "RoleName").as_deref(), Some("a&b"));
        assert_eq!(text(xml, "Path").as_deref(), Some("/"));
        assert_eq!(text(xml, "Role"), None);
        assert_eq!(text(xml, "Arn"), None);
    }

    #[test]
    fn elements_are_found_one_by_one() {
        let xml = "<Roles><member><Arn>a</Arn></member> <member><Arn>b</Arn></member><member>";
        assert_eq!(elements(xml, "member").collect::<Vec<_>>(), ["<Arn>a</Arn>", "<Arn>b</Arn>"]);
        assert_eq!(elements("<Roles/>", "member").count(), 0);
    }

    #[test]
    fn metas_of_a_page_are_found() {
        let page = r#"<html><head><meta charset="utf-8"><META content='eu-west-1' name="region"/><meta name="x">"#;
        assert_eq!(meta(page, "region").as_deref(), Some("eu-west-1"));
        assert_eq!(meta(page, "x"), None);
        assert_eq!(meta("<p>meta name=\"region\" content=\"no\"</p>", "region"), None);
        assert_eq!(meta("", "region"), None);
    }
}
