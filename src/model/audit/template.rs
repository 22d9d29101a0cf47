//! Usernames and groups as templates: `dev:{{SessionName}}`. What stands for a session is kept, since only the session knows.

/// A name that may have places for what the session is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template<'a> {
    text: &'a str,
}

impl<'a> Template<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Template { text }
    }

    /// What it begins with, whatever the session.
    pub(crate) fn prefix(&self) -> &'a str {
        self.text.find("{{").map_or(self.text, |at| &self.text[..at])
    }

    pub(crate) fn is_fixed(&self) -> bool {
        !self.text.contains("{{")
    }

    /// The session in which the name is this one. `None`: in no session. The empty text: in any.
    pub(crate) fn session(&self, name: &str) -> Option<String> {
        let Some((before, rest)) = self.text.split_once("{{") else { return (self.text == name).then(String::new) };
        let (_, after) = rest.split_once("}}")?;
        let middle = name.strip_prefix(before)?;
        // More than one place is not resolved: what stands between them decides nothing.
        let middle = if after.contains("{{") {
            let literal = after.split("{{").next().unwrap_or_default();
            if literal.is_empty() { middle } else { middle.split_once(literal)?.0 }
        } else {
            middle.strip_suffix(after)?
        };
        (!middle.is_empty()).then(|| middle.to_owned())
    }
}

/// A template of a principal, with the account in its place.
pub(crate) fn with_account(text: &str, account: &str) -> String {
    text.replace("{{AccountID}}", account)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_its_session() {
        let session = |text: &str, name: &str| Template::new(text).session(name);
        assert_eq!(session("dev:{{SessionName}}", "dev:ada").as_deref(), Some("ada"));
        assert_eq!(session("{{SessionName}}:dev", "ada:dev").as_deref(), Some("ada"));
        assert_eq!(session("dev:{{SessionName}}", "dev:"), None);
        assert_eq!(session("dev:{{SessionName}}", "ops:ada"), None);
        assert_eq!(session("dev:{{SessionName}}:x", "dev:ada"), None);
        assert_eq!(session("{{EC2PrivateDNSName}}/{{SessionName}}", "host/ada").as_deref(), Some("host"));
        assert_eq!(session("fixed", "fixed").as_deref(), Some(""));
        assert_eq!(session("fixed", "other"), None);
        assert_eq!(Template::new("dev:{{SessionName}}").prefix(), "dev:");
        assert_eq!(with_account("{{AccountID}}:x", "1"), "1:x");
    }
}
