//! The policies of IAM around a grant: who may be the principal, and what the principal may do in AWS.

use serde_json::{Value, json};

use super::mappings::{Mapping, mappings};
use super::{Entry, File, Format, Recipient, Rendered, Request};
use crate::error::Result;
use crate::model::grants::principal::{Principal, PrincipalKind};

const VERSION: &str = "2012-10-17";

/// A file a policy: of what and for whom its name says.
pub(super) fn iam(request: &Request) -> Result<Rendered> {
    let mut files = Vec::new();
    for mapping in mappings(request) {
        let work = document(work(request, &mapping)?);
        let mut add = |name: &str, policy: &Value| {
            let path = format!("{}-{name}.json", mapping.slug);
            files.push(File::new(path, format!("{policy:#}\n")));
        };
        match &mapping.recipient {
            Recipient::PermissionSet { .. } => add("permission-set-inline-policy", &work),
            Recipient::Known(principal) if principal.permission_set().is_some() => {
                add("permission-set-inline-policy", &work);
            }
            Recipient::Known(principal) if principal.kind == PrincipalKind::User => add("user-policy", &work),
            Recipient::Known(principal) => {
                add("role-trust-policy", &trust(principal));
                add("role-policy", &work);
                add("policy-to-assume-the-role", &document(assume(request, principal)?));
            }
        }
    }
    Ok(Rendered::of(files))
}

fn document(statements: Vec<Value>) -> Value {
    json!({"Version": VERSION, "Statement": statements})
}

/// Whom the account allows to: the policy to assume the role decides.
fn trust(role: &Principal) -> Value {
    let root = format!("arn:{}:iam::{}:root", role.partition, role.account);
    document(vec![json!({
        "Sid": "WhomTheAccountAllows", "Effect": "Allow", "Principal": {"AWS": root}, "Action": "sts:AssumeRole",
    })])
}

/// For the users or the group who become the role.
fn assume(request: &Request, role: &Principal) -> Result<Vec<Value>> {
    let mut statements = vec![json!({
        "Sid": "BecomeTheRole", "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role.arn(),
    })];
    statements.extend(find_cluster(request, &role.account)?);
    Ok(statements)
}

fn find_cluster(request: &Request, account: &str) -> Result<Vec<Value>> {
    let (cluster, region) = (request.cluster(Format::Iam)?, request.region(Format::Iam)?);
    let account = request.account.as_deref().unwrap_or(account);
    let arn = format!("arn:{}:eks:{region}:{account}:cluster/{cluster}", request.partition());
    Ok(vec![
        json!({"Sid": "SeeTheCluster", "Effect": "Allow", "Action": "eks:DescribeCluster", "Resource": arn}),
        json!({"Sid": "ListClusters", "Effect": "Allow", "Action": "eks:ListClusters", "Resource": "*"}),
    ])
}

/// To find the cluster, and to read the secrets of the namespaces.
fn work(request: &Request, mapping: &Mapping) -> Result<Vec<Value>> {
    let mut statements = find_cluster(request, mapping.recipient.account())?;
    let region = request.region(Format::Iam)?;
    let account = request.account.as_deref().unwrap_or(mapping.recipient.account());
    let secrets = |namespace: &str| {
        let prefix = request.secrets_prefix.render(namespace);
        format!("arn:{}:secretsmanager:{region}:{account}:secret:{prefix}*", request.partition())
    };
    let is_theirs = |entry: &&Entry| entry.recipient.slug() == mapping.slug;
    let mut names: Vec<String> =
        request.entries.iter().filter(is_theirs).map(|entry| secrets(&entry.namespace)).collect();
    names.dedup();
    statements.push(json!({
        "Sid": "ReadTheSecretsOfTheNamespaces",
        "Effect": "Allow",
        "Action": ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:ListSecretVersionIds"],
        "Resource": names,
    }));
    // Neither can be limited to some secrets. A batch gives only values that GetSecretValue would.
    statements.push(json!({
        "Sid": "SeeTheNamesOfSecrets",
        "Effect": "Allow",
        "Action": ["secretsmanager:BatchGetSecretValue", "secretsmanager:ListSecrets"],
        "Resource": "*",
    }));
    Ok(statements)
}
