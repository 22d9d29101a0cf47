//! Terraform and OpenTofu: the providers aws (5.33 or newer) and kubernetes (2.7 or newer).

use serde_json::Value;

use super::hcl::{Block, Expression};
use super::mappings::{Mapping, mappings};
use super::recipient::SSO_PATH;
use super::{Entry, File, Format, Recipient, Rendered, Request, objects, yaml};
use crate::error::Result;
use crate::model::grants::access::RoleRef;
use crate::model::grants::access_policy;
use crate::model::grants::grant::Way;
use crate::model::kube::policy_rule::PolicyRule;

pub(super) fn terraform(request: &Request) -> Result<Rendered> {
    request.check_way()?;
    let mut parts = vec![yaml::commented("#", &head(request))];
    match request.way {
        Way::AccessEntry => {
            let cluster = request.cluster(Format::Terraform)?;
            for mapping in mappings(request) {
                parts.extend(access_entry(&mapping, cluster, request.partition()).iter().map(|block| block.write(0)));
            }
        }
        Way::AwsAuth => parts.push(yaml::commented("#", &items_of_aws_auth(request))),
    }
    for entries in request.entries.chunk_by(|left, right| left.namespace == right.namespace) {
        parts.extend(in_namespace(entries).iter().map(|block| block.write(0)));
    }
    Ok(Rendered::of(vec![File::new("grants.tf", parts.join("\n"))]))
}

fn head(request: &Request) -> String {
    let provider = if request.has_rbac() { "aws and kubernetes" } else { "aws" };
    format!(
        "Rendered by nsaccess, for the providers {provider} that your configuration has.\n\
         Import what is there already: a principal has one access entry in a cluster.{}",
        super::ends(request)
    )
}

/// Names of Terraform begin with a letter and have `-` as they are.
fn name_of(slug: &str) -> String {
    format!("nsaccess_{slug}")
}

fn access_entry(mapping: &Mapping, cluster: &str, partition: &str) -> Vec<Block> {
    let name = name_of(&mapping.slug);
    let mut blocks = Vec::new();
    let principal = match &mapping.recipient {
        Recipient::Known(principal) => Expression::Text(principal.arn()),
        Recipient::PermissionSet { name: set, .. } => {
            blocks.push(
                Block::new(format!("data \"aws_iam_roles\" \"{name}\""))
                    .text("name_regex", format!("^AWSReservedSSO_{}_[0-9a-f]{{16}}$", escaped(set)))
                    .text("path_prefix", SSO_PATH),
            );
            // Fails if there are several; a permission set has one role in an account.
            Expression::Raw(format!("one(data.aws_iam_roles.{name}.arns)"))
        }
    };
    let texts = |(key, value): (&String, &String)| (key.clone(), Expression::Text(value.clone()));
    let mut entry = Block::resource("aws_eks_access_entry", &name)
        .text("cluster_name", cluster)
        .with("principal_arn", principal)
        .text("type", "STANDARD");
    if !mapping.groups.is_empty() {
        entry = entry.with("kubernetes_groups", Expression::texts(mapping.groups.clone()));
    }
    blocks.push(entry.with("tags", Expression::Map(mapping.tags.iter().map(texts).collect())));
    for (policy, namespaces) in &mapping.policies {
        let scope = Block::new("access_scope")
            .text("type", "namespace")
            .with("namespaces", Expression::texts(namespaces.clone()));
        blocks.push(
            Block::resource("aws_eks_access_policy_association", &format!("{name}_{policy}"))
                .raw("cluster_name", format!("aws_eks_access_entry.{name}.cluster_name"))
                .raw("principal_arn", format!("aws_eks_access_entry.{name}.principal_arn"))
                .text("policy_arn", access_policy::arn(partition, policy))
                .block(scope),
        );
    }
    blocks
}

/// A name inside a regular expression.
fn escaped(name: &str) -> String {
    // The other characters of such names mean themselves.
    name.replace('.', r"\.").replace('+', r"\+")
}

fn items_of_aws_auth(request: &Request) -> String {
    let mut text = "aws-auth is one text that everybody shares, and no resource of Terraform changes one item of it:\n\
                    kubernetes_config_map_v1_data would take all of mapRoles over, and remove what others put there. Add this\n\
                    with nsaccess grant --via aws-auth, or by hand:\n\n"
        .to_owned();
    for mapping in mappings(request) {
        text.push_str(&super::aws_cli::item(&mapping, request.partition()));
    }
    text
}

fn in_namespace(entries: &[Entry]) -> Vec<Block> {
    let namespace = &entries[0].namespace;
    let mut blocks = Vec::new();
    let create = entries.iter().any(|entry| entry.create_namespace) && !namespace.contains('*');
    let place = match create {
        true => Expression::Raw(format!("kubernetes_namespace_v1.{}.metadata[0].name", name_of(namespace))),
        false => Expression::Text(namespace.clone()),
    };
    if create {
        let object = crate::model::grants::objects::namespace(namespace);
        let metadata = metadata(&object, None);
        blocks.push(Block::resource("kubernetes_namespace_v1", &name_of(namespace)).block(metadata));
    }
    blocks.extend(objects::roles(entries).iter().map(|object| role(namespace, object, &place)));
    blocks.extend(entries.iter().filter_map(|entry| binding(entry, &place)));
    blocks
}

/// `namespace`: where the object is, as a name or as a reference.
fn metadata(object: &Value, namespace: Option<&Expression>) -> Block {
    let metadata = &object["metadata"];
    let mut block = Block::new("metadata").text("name", metadata["name"].as_str().unwrap_or_default());
    if let Some(namespace) = namespace {
        block = block.with("namespace", namespace.clone());
    }
    for key in ["labels", "annotations"] {
        if let Some(map) = metadata[key].as_object() {
            let text = |(key, value): (&String, &Value)| {
                (key.clone(), Expression::Text(value.as_str().unwrap_or_default().to_owned()))
            };
            block = block.with(key, Expression::Map(map.iter().map(text).collect()));
        }
    }
    block
}

fn role_address(namespace: &str, role: &str) -> String {
    format!("{}_{role}", name_of(namespace))
}

fn role(namespace: &str, object: &Value, place: &Expression) -> Block {
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    let mut block = Block::resource("kubernetes_role_v1", &role_address(namespace, name));
    block = block.block(metadata(object, Some(place)));
    let rules: Vec<PolicyRule> = serde_json::from_value(object["rules"].clone()).unwrap_or_default();
    for rule in rules {
        let mut written = Block::new("rule")
            .with("api_groups", Expression::texts(rule.api_groups))
            .with("resources", Expression::texts(rule.resources));
        if !rule.resource_names.is_empty() {
            written = written.with("resource_names", Expression::texts(rule.resource_names));
        }
        block = block.block(written.with("verbs", Expression::texts(rule.verbs)));
    }
    block
}

fn binding(entry: &Entry, place: &Expression) -> Option<Block> {
    let object = objects::binding(entry)?;
    let namespace = &entry.namespace;
    let (kind, name) = match objects::role_ref(entry)? {
        RoleRef::Role(name) => {
            let address = role_address(namespace, &name);
            ("Role", Expression::Raw(format!("kubernetes_role_v1.{address}.metadata[0].name")))
        }
        RoleRef::ClusterRole(name) => ("ClusterRole", Expression::Text(name)),
    };
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let api_group = word(&object["roleRef"]["apiGroup"]);
    let role_ref = Block::new("role_ref").text("api_group", &api_group).text("kind", kind).with("name", name);
    let subject = Block::new("subject")
        .text("api_group", api_group)
        .text("kind", "Group")
        .text("name", word(&object["subjects"][0]["name"]));
    let address = format!("{}_{}", name_of(namespace), entry.recipient.slug());
    Some(
        Block::resource("kubernetes_role_binding_v1", &address)
            .block(metadata(&object, Some(place)))
            .block(role_ref)
            .block(subject),
    )
}
