//! An access: a way into a namespace, under a name of its own.

use std::fmt;

use crate::model::kube::namespace::Namespace;

/// The name of an access. It has the characters of a namespace's, because by default it is the namespace's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct AccessName(String);

impl AccessName {
    /// Errors end a sentence that begins with the name.
    pub(crate) fn parse(name: &str) -> Result<Self, String> {
        Namespace::parse(name).map(|name| AccessName(name.as_str().to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccessName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A way into a namespace. `payments` in three accounts is one namespace's name and three accesses.
///
/// What people type, and what is kept on this machine (profile, context, settings, cache), goes by the name. What is asked
/// of the cluster goes by the namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Access {
    pub(crate) name: AccessName,
    pub(crate) namespace: Namespace,
}

impl Access {
    /// The access of a namespace's own name.
    #[cfg(test)]
    pub(crate) fn of(namespace: &str) -> Access {
        Access {
            name: AccessName::parse(namespace).expect("a name"),
            namespace: Namespace::parse(namespace).expect("a namespace"),
        }
    }

    /// Whether the name does not tell the namespace.
    pub(crate) fn has_own_name(&self) -> bool {
        self.name.as_str() != self.namespace.as_str()
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_access_goes_by_its_name() {
        let access = |name: &str| Access {
            name: AccessName::parse(name).expect("a name"),
            namespace: Namespace::parse("payments").expect("a namespace"),
        };
        assert_eq!(access("payments-prod").to_string(), "payments-prod");
        assert!(access("payments-prod").has_own_name() && !access("payments").has_own_name());
        assert!(AccessName::parse("Payments").is_err());
    }
}
