//! A script for a POSIX shell with the AWS CLI and kubectl. Running it again changes nothing, and it keeps what others gave.

use std::fmt::Write;

use serde_json::{Value, json};

use super::mappings::{Mapping, mappings};
use super::recipient::SSO_PATH;
use super::{File, Format, Recipient, Rendered, Request, objects, yaml};
use crate::error::Result;
use crate::model::grants::access::RoleRef;
use crate::model::grants::access_policy;
use crate::model::grants::grant::Way;
use crate::model::grants::principal::PrincipalKind;
use crate::model::grants::tags;
use crate::model::shell::quote;

const CLUSTER: &str = r#"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
aws eks update-kubeconfig --region "$region" --name "$cluster" --kubeconfig "$folder/config" >/dev/null
export KUBECONFIG="$folder/config"
"#;

const REBIND: &str = r#"
# rebind NAMESPACE BINDING KIND/ROLE: the Role of a binding cannot be changed, so one that has another is removed first.
rebind() {
    now=$(kubectl get rolebinding "$2" --namespace "$1" --ignore-not-found --output 'jsonpath={.roleRef.kind}/{.roleRef.name}')
    case $now in "" | "$3") ;; *) kubectl delete rolebinding "$2" --namespace "$1" ;; esac
}
"#;

const FIND_ROLE: &str = r#"
# role_of_permission_set QUERY NAME: its role in this account, whose name ends with 16 digits that only IAM knows.
role_of_permission_set() {
    arns=$(aws iam list-roles --region "$region" --path-prefix PREFIX --query "$1" --output json)
    arn=$(printf '%s' "$arns" | tr -d '[]" \n')
    case $arn in
    arn:*,*) printf '%s\n' "the permission set $2 has several roles here: $arn" >&2; return 1 ;;
    arn:*) printf '%s\n' "$arn" ;;
    *) printf '%s\n' "the permission set $2 has no role in this account: assign it to somebody first" >&2; return 1 ;;
    esac
}
"#;

const GIVE_GROUPS: &str = r#"
# give_groups PRINCIPAL QUERY GROUPS TAGS NOTES: makes its access entry, or adds the groups to those that it has. Tags say
# whose the entry is, and notes what nothing else says of a namespace.
give_groups() {
    if groups=$(aws eks describe-access-entry --region "$region" --cluster-name "$cluster" --principal-arn "$1" \
        --query "$2" --output json 2>/dev/null); then
        # What is left out gets its default, also the username.
        username=$(aws eks describe-access-entry --region "$region" --cluster-name "$cluster" --principal-arn "$1" \
            --query accessEntry.username --output text)
        aws eks update-access-entry --region "$region" --cluster-name "$cluster" --principal-arn "$1" \
            --kubernetes-groups "$groups" --username "$username" >/dev/null
        [ "$5" = '{}' ] || aws eks tag-resource --region "$region" --tags "$5" --resource-arn "$(aws eks \
            describe-access-entry --region "$region" --cluster-name "$cluster" --principal-arn "$1" \
            --query accessEntry.accessEntryArn --output text)"
    else
        aws eks create-access-entry --region "$region" --cluster-name "$cluster" --principal-arn "$1" --type STANDARD \
            --kubernetes-groups "$3" --tags "$4" >/dev/null
    fi
}
"#;

const GIVE_POLICY: &str = r#"
# give_policy PRINCIPAL POLICY TYPE-QUERY NAMESPACES-QUERY: adds namespaces to those where it has the policy.
give_policy() {
    # A new entry is not there for everybody at once.
    tries=0
    until type=$(aws eks list-associated-access-policies --region "$region" --cluster-name "$cluster" \
        --principal-arn "$1" --query "$3" --output text); do
        tries=$((tries + 1))
        [ "$tries" -lt 10 ] || return 1
        sleep 3
    done
    if [ "$type" = cluster ]; then
        printf '%s\n' "$1 has $2 in the whole cluster already" >&2
        return 0
    fi
    namespaces=$(aws eks list-associated-access-policies --region "$region" --cluster-name "$cluster" \
        --principal-arn "$1" --query "$4" --output json)
    aws eks associate-access-policy --region "$region" --cluster-name "$cluster" --principal-arn "$1" --policy-arn "$2" \
        --access-scope "{\"type\": \"namespace\", \"namespaces\": $namespaces}" >/dev/null
}
"#;

const NEED_ITEM: &str = r#"
# need_item KEY GROUP ITEM: aws-auth is one text that everybody shares, and no command line changes one item of it without
# writing the rest anew. So this only looks, and says what is missing. `nsaccess grant --via aws-auth` changes one item.
missing=0
need_item() {
    case $(kubectl get configmap aws-auth --namespace kube-system --output "jsonpath={.data.$1}") in
    *"$2"*) ;;
    *)
        printf '%s\n' "add to $1 with: kubectl edit configmap aws-auth --namespace kube-system" "$3" >&2
        missing=1
        ;;
    esac
}
"#;

pub(super) fn aws_cli(request: &Request) -> Result<Rendered> {
    request.check_way()?;
    let (cluster, region) = (request.cluster(Format::AwsCli)?, request.region(Format::AwsCli)?);
    let mappings = mappings(request);
    let mut text = format!("#!/bin/sh\n{}set -eu\n\n", yaml::commented("#", &head(request)));
    let _ = write!(text, "cluster={}\nregion={}\n", quote(cluster), quote(region));
    if request.has_rbac() || request.way == Way::AwsAuth {
        text.push_str(CLUSTER);
    }
    if request.has_rbac() {
        text.push_str(REBIND);
    }
    if mappings.iter().any(|mapping| mapping.recipient.principal().is_none()) {
        text.push_str(&FIND_ROLE.replace("PREFIX", SSO_PATH));
        text.push_str(&mappings.iter().filter_map(look_up).collect::<String>());
    }
    match request.way {
        Way::AccessEntry => {
            text.push_str(GIVE_GROUPS);
            if mappings.iter().any(|mapping| !mapping.policies.is_empty()) {
                text.push_str(GIVE_POLICY);
            }
        }
        Way::AwsAuth => text.push_str(NEED_ITEM),
    }
    text.push_str(&apply(request)?);
    for mapping in &mappings {
        text.push_str(&match request.way {
            Way::AccessEntry => give(mapping, request.partition()),
            Way::AwsAuth => need(mapping, request.partition()),
        });
    }
    if request.way == Way::AwsAuth {
        text.push_str("\nexit \"$missing\"\n");
    }
    Ok(Rendered::of(vec![File::new("grants.sh", text)]))
}

fn head(request: &Request) -> String {
    format!(
        "Rendered by nsaccess. Needs the AWS CLI and kubectl, with credentials of an administrator of the cluster.\n\
         Running it again changes nothing; groups, policies and scopes that are there stay.{}",
        super::ends(request)
    )
}

/// The objects, in one go: server-side, so that other fields of theirs stay.
fn apply(request: &Request) -> Result<String> {
    let groups = objects::by_namespace(request);
    if groups.is_empty() {
        return Ok(String::new());
    }
    let mut text = String::from("\n# Roles and bindings\n");
    for entry in &request.entries {
        let (Some(role_ref), Some(binding)) = (objects::role_ref(entry), objects::binding(entry)) else { continue };
        let wanted = match role_ref {
            RoleRef::Role(name) => format!("Role/{name}"),
            RoleRef::ClusterRole(name) => format!("ClusterRole/{name}"),
        };
        let name = binding["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        let _ = writeln!(text, "rebind {} {} {}", quote(&entry.namespace), quote(&name), quote(&wanted));
    }
    let objects: Vec<Value> = groups.into_iter().flat_map(|group| group.objects).collect();
    // The delimiter is quoted, so that the shell reads nothing into the text.
    let _ = write!(
        text,
        "kubectl apply --server-side --field-manager=nsaccess --filename=- <<'END_OF_OBJECTS'\n{}END_OF_OBJECTS\n",
        yaml::documents("", &objects)?
    );
    Ok(text)
}

/// A list of JMESPath.
fn literals(texts: &[String]) -> String {
    texts
        .iter()
        .map(|text| format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'")))
        .collect::<Vec<_>>()
        .join(", ")
}

/// What is there but for these, and these.
fn with(list: &str, texts: &[String]) -> String {
    let others: Vec<String> =
        texts.iter().map(|text| format!("@ != {}", literals(std::slice::from_ref(text)))).collect();
    format!("[{list}[?{}], [{}]][]", others.join(" && "), literals(texts))
}

fn give(mapping: &Mapping, partition: &str) -> String {
    let mut text = principal(mapping);
    let query = match mapping.groups.is_empty() {
        true => "accessEntry.kubernetesGroups".to_owned(),
        false => format!("accessEntry.{}", with("kubernetesGroups", &mapping.groups)),
    };
    let mut notes = mapping.tags.clone();
    notes.remove(tags::MANAGED_BY);
    let json = [json!(mapping.groups), json!(mapping.tags), json!(notes)].map(|value| value.to_string());
    let words = json.iter().map(|word| quote(word)).collect::<Vec<_>>().join(" ");
    let _ = writeln!(text, "give_groups \"$principal\" {} {words}", quote(&query));
    for (name, namespaces) in &mapping.policies {
        let arn = access_policy::arn(partition, name);
        let scope = format!("associatedAccessPolicies[?policyArn == '{arn}'].accessScope");
        let namespaces = with(&format!("{scope}.namespaces[] | "), namespaces);
        let kind = format!("{scope}.type | [0]");
        let _ = writeln!(text, "give_policy \"$principal\" {arn} {} {}", quote(&kind), quote(&namespaces));
    }
    text
}

/// A line that sets `principal` to the ARN.
fn principal(mapping: &Mapping) -> String {
    match &mapping.recipient {
        Recipient::Known(principal) => format!("\nprincipal={}\n", quote(&principal.arn())),
        Recipient::PermissionSet { .. } => format!("\nprincipal=${}\n", variable(mapping)),
    }
}

/// The shell's variable for a role that is looked up.
fn variable(mapping: &Mapping) -> String {
    format!("role_{}", mapping.slug.replace('-', "_"))
}

/// A line that finds the role of a permission set, before anything is changed.
fn look_up(mapping: &Mapping) -> Option<String> {
    let Recipient::PermissionSet { name, .. } = &mapping.recipient else { return None };
    // Of a longer name that begins like this one the role has another length.
    let length = "AWSReservedSSO__0123456789abcdef".len() + name.len();
    let query =
        format!("Roles[?starts_with(RoleName, 'AWSReservedSSO_{name}_') && length(RoleName) == `{length}`].Arn");
    Some(format!("{}=$(role_of_permission_set {} {})\n", variable(mapping), quote(&query), quote(name)))
}

fn need(mapping: &Mapping, partition: &str) -> String {
    let mut text = String::new();
    let item = item(mapping, partition);
    let item = match &mapping.recipient {
        Recipient::Known(_) => quote(item.trim_end()).into_owned(),
        // Nothing in it but names without `$`, `"` and the like, and the suffix that the shell puts in.
        Recipient::PermissionSet { .. } => {
            text.push_str(&principal(mapping));
            format!("\"{}\"", item.trim_end().replace(&unknown_role(mapping), "${principal##*/}"))
        }
    };
    let key = match mapping.recipient.principal().map(|principal| principal.kind) {
        Some(PrincipalKind::User) => "mapUsers",
        _ => "mapRoles",
    };
    for group in &mapping.groups {
        let _ = writeln!(text, "need_item {key} {} {item}", quote(group));
    }
    text
}

/// The name of a role whose suffix is not known, for people.
fn unknown_role(mapping: &Mapping) -> String {
    match &mapping.recipient {
        Recipient::Known(principal) => principal.name.clone(),
        Recipient::PermissionSet { name, .. } => format!("AWSReservedSSO_{name}_SUFFIX"),
    }
}

/// The item of aws-auth.
pub(super) fn item(mapping: &Mapping, partition: &str) -> String {
    let (key, arn, username) = match &mapping.recipient {
        Recipient::Known(principal) => {
            let key = if principal.kind == PrincipalKind::User { "userarn" } else { "rolearn" };
            (key, principal.arn_in_aws_auth(), principal.username_template())
        }
        Recipient::PermissionSet { account, .. } => {
            let role = unknown_role(mapping);
            let username = format!("arn:{partition}:sts::{account}:assumed-role/{role}/{{{{SessionName}}}}");
            ("rolearn", format!("arn:{partition}:iam::{account}:role/{role}"), username)
        }
    };
    let groups: String = mapping.groups.iter().map(|group| format!("    - {group}\n")).collect();
    format!("- {key}: {arn}\n  username: {username}\n  groups:\n{groups}")
}
