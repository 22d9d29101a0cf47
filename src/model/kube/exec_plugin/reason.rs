//! Why a user keeps the plugin that it has.

use std::fmt;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reason {
    /// It runs this program, which has nothing to do with EKS.
    OtherPlugin(String),
    /// This program starts one for EKS.
    Wrapper(String),
    /// The program can make tokens, but is asked for something else.
    OtherVerb(String),
    /// An option that `nsaccess token` has not.
    Option(String),
    /// An option without its value.
    NoValue(String),
    NoCluster,
    NoRegion,
    /// The user's contexts lead to clusters in these regions.
    SeveralRegions(Vec<String>),
    /// The file cannot be edited there, or the user has no plugin.
    Uneditable(String),
    /// Somebody has changed it after the conversion: what it runs now, and ran before.
    Changed {
        runs: String,
        ran: String,
    },
    /// Nothing of a conversion is known.
    NeverConverted,
}

impl Reason {
    /// Whether the user is none of EKS.
    pub(crate) fn is_foreign(&self) -> bool {
        matches!(self, Reason::OtherPlugin(_) | Reason::OtherVerb(_))
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::OtherPlugin(name) => write!(f, "it runs {name}, which is not a plugin for EKS"),
            Reason::Wrapper(name) => write!(f, "it runs {name}, which chooses the AWS credentials"),
            Reason::OtherVerb(verb) if verb.is_empty() => f.write_str("its arguments ask for no token"),
            Reason::OtherVerb(verb) => write!(f, "its arguments ask for no token, but for `{verb}`"),
            Reason::Option(option) => write!(f, "nsaccess token has nothing like {option}"),
            Reason::NoValue(option) => write!(f, "{option} has no value"),
            Reason::NoCluster => f.write_str("its arguments name no cluster"),
            Reason::NoRegion => {
                f.write_str("neither its arguments and env nor the cluster's name and address say the region")
            }
            Reason::SeveralRegions(regions) => {
                write!(f, "its contexts lead to several regions ({}), and its arguments name none", regions.join(", "))
            }
            Reason::Uneditable(why) => f.write_str(why),
            Reason::Changed { runs, ran } => {
                write!(f, "somebody has changed it since: it runs `{runs}` now, and ran `{ran}` before")
            }
            Reason::NeverConverted => f.write_str("it was not converted here"),
        }
    }
}
