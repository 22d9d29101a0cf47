//! Grants as text for other engines: what `grant` would do, in their languages. No cluster and no AWS is asked, so what
//! only they know is looked up where the text is applied.

mod aws_cli;
mod eksctl;
mod expiry;
mod hcl;
mod iam;
mod manifests;
mod mappings;
mod objects;
mod recipient;
mod terraform;
#[cfg(test)]
mod tests;
mod yaml;

use jiff::Timestamp;

pub(crate) use recipient::Recipient;

use crate::error::{Error, Result};
use crate::model::aws::partition::Partition;
use crate::model::grants::access::Access;
use crate::model::grants::grant::Way;
use crate::model::grants::objects::time_text;
use crate::model::settings::Pattern;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Manifests,
    Kustomize,
    Eksctl,
    Terraform,
    AwsCli,
    Iam,
}

impl Format {
    /// As `--format` takes it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Format::Manifests => "manifests",
            Format::Kustomize => "kustomize",
            Format::Eksctl => "eksctl",
            Format::Terraform => "terraform",
            Format::AwsCli => "aws-cli",
            Format::Iam => "iam",
        }
    }
}

/// A grant whose principal's ARN may not be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) namespace: String,
    pub(crate) recipient: Recipient,
    pub(crate) access: Access,
    pub(crate) until: Option<Timestamp>,
    pub(crate) create_namespace: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) entries: Vec<Entry>,
    pub(crate) cluster: Option<String>,
    pub(crate) region: Option<String>,
    /// The account of the cluster, if it is not that of the principals.
    pub(crate) account: Option<String>,
    pub(crate) way: Way,
    /// A CronJob that takes back what ends.
    pub(crate) expiry_job: bool,
    pub(crate) secrets_prefix: Pattern,
    pub(crate) now: Timestamp,
}

/// A file, with its path below the output's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    fn new(path: impl Into<String>, text: String) -> Self {
        File { path: path.into(), text }
    }
}

/// What is written. Several files need a folder; one can go to standard output.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Rendered {
    pub(crate) files: Vec<File>,
    pub(crate) warnings: Vec<String>,
}

impl Rendered {
    fn of(files: Vec<File>) -> Self {
        Rendered { files, warnings: Vec::new() }
    }
}

/// # Errors
/// What the format cannot say, or needs to know.
pub(crate) fn render(format: Format, request: &Request) -> Result<Rendered> {
    let request = Request { entries: in_order(&request.entries)?, ..request.clone() };
    if request.expiry_job {
        expiry::check(format, &request)?;
    }
    match format {
        Format::Manifests => manifests::manifests(&request),
        Format::Kustomize => manifests::kustomize(&request),
        Format::Eksctl => eksctl::eksctl(&request),
        Format::Terraform => terraform::terraform(&request),
        Format::AwsCli => aws_cli::aws_cli(&request),
        Format::Iam => iam::iam(&request),
    }
}

/// The entries in an order that does not depend on how they were written, so that a change of one shows as one.
fn in_order(entries: &[Entry]) -> Result<Vec<Entry>> {
    let mut entries = entries.to_vec();
    let key = |entry: &Entry| (entry.namespace.clone(), entry.recipient.slug(), entry.access.is_rbac());
    entries.sort_by_key(|entry| (key(entry), entry.access.label().to_owned()));
    for pair in entries.windows(2) {
        if key(&pair[0]) == key(&pair[1]) && (pair[0].access.is_rbac() || pair[0].access == pair[1].access) {
            let (first, second) = (pair[0].access.label(), pair[1].access.label());
            return Err(Error::usage(format!("{} is granted twice in {}", pair[0].recipient, pair[0].namespace))
                .because(format!("once {first}, once {second}: a principal has one Role in a namespace")));
        }
    }
    Ok(entries)
}

impl Request {
    fn cluster(&self, format: Format) -> Result<&str> {
        self.cluster.as_deref().ok_or_else(|| needs(format, "--cluster NAME", "the cluster's name"))
    }

    fn region(&self, format: Format) -> Result<&str> {
        self.region.as_deref().ok_or_else(|| needs(format, "--region REGION", "the cluster's region"))
    }

    /// The partition of the cluster.
    fn partition(&self) -> &str {
        let of_region = self.region.as_deref().map(|region| Partition::of_region(region).name);
        let known = self.entries.iter().find_map(|entry| entry.recipient.partition());
        of_region.or(known).unwrap_or("aws")
    }

    fn has_rbac(&self) -> bool {
        self.entries.iter().any(|entry| entry.access.is_rbac())
    }

    /// Refuses access policies where they cannot be given.
    fn check_way(&self) -> Result<()> {
        let policy = self.entries.iter().find(|entry| !entry.access.is_rbac());
        match (self.way, policy) {
            (Way::AwsAuth, Some(entry)) => {
                Err(Error::usage(format!("{} cannot be given through aws-auth", entry.access.label()))
                    .because("access policies belong to access entries; aws-auth knows groups only")
                    .try_next(
                        "nsaccess grant NAMESPACE --to ARN --preset viewer --via aws-auth   # or leave --via out",
                    ))
            }
            _ => Ok(()),
        }
    }
}

/// What ends, and what ends it: paragraphs of a comment, or nothing.
fn ends(request: &Request) -> String {
    let mut lines: Vec<String> = request
        .entries
        .iter()
        .filter_map(|entry| {
            Some(format!("Ends {}: {} in {}.", time_text(entry.until?), entry.recipient, entry.namespace))
        })
        .collect();
    if lines.is_empty() {
        return String::new();
    }
    lines.insert(0, "\n".to_owned());
    lines.push(match request.expiry_job {
        true => format!("\n{}", expiry::COMMENT),
        false => "Nothing in this ends it: run `nsaccess revoke --expired`, or remove it.".to_owned(),
    });
    lines.join("\n")
}

fn needs(format: Format, flag: &str, what: &str) -> Error {
    Error::usage(format!("--format {} needs {flag}", format.name()))
        .because(format!("{what} is part of it, and nothing is asked over the network"))
}
