//! A ClusterConfig of eksctl: the principals' side. Fields: pkg/apis/eksctl.io/v1alpha5/assets/schema.json of eksctl.

use serde_json::{Value, json};

use super::mappings::{Mapping, mappings};
use super::{File, Format, Rendered, Request, yaml};
use crate::error::{Error, Result};
use crate::model::grants::access_policy;
use crate::model::grants::grant::Way;
use crate::model::grants::principal::Principal;

pub(super) fn eksctl(request: &Request) -> Result<Rendered> {
    request.check_way()?;
    let (cluster, region) = (request.cluster(Format::Eksctl)?, request.region(Format::Eksctl)?);
    let mappings = mappings(request);
    let mut config = json!({
        "apiVersion": "eksctl.io/v1alpha5",
        "kind": "ClusterConfig",
        "metadata": {"name": cluster, "region": region},
    });
    let with_arn = mappings.iter().map(|mapping| Ok((mapping, principal(mapping)?)));
    let with_arn: Vec<(&Mapping, &Principal)> = with_arn.collect::<Result<_>>()?;
    match request.way {
        Way::AccessEntry => {
            let partition = request.partition();
            let entries = with_arn.iter().map(|(mapping, principal)| access_entry(mapping, principal, partition));
            config["accessConfig"] = json!({"accessEntries": entries.collect::<Vec<_>>()});
        }
        Way::AwsAuth => {
            let items = with_arn.iter().map(|(mapping, principal)| identity_mapping(mapping, principal));
            config["iamIdentityMappings"] = items.collect();
        }
    }
    let text = yaml::documents(&comment(request), &[config])?;
    Ok(Rendered::of(vec![File::new("eksctl.yaml", text)]))
}

fn principal(mapping: &Mapping) -> Result<&Principal> {
    mapping.recipient.principal().ok_or_else(|| {
        let prefix = super::recipient::SSO_PATH;
        Error::usage(format!("eksctl requires the ARN of {}", mapping.recipient))
            .because("the role's name ends with a suffix that only IAM knows, and eksctl does not look it up")
            .try_next(format!("aws iam list-roles --path-prefix {prefix} --query 'Roles[].Arn' --output text"))
            .try_next("nsaccess grant render NAMESPACE --to ARN --format eksctl")
            .try_next("nsaccess grant render NAMESPACE --to permission-set:NAME --format terraform   # looks it up")
    })
}

fn access_entry(mapping: &Mapping, principal: &Principal, partition: &str) -> Value {
    let mut entry = json!({"principalARN": principal.arn(), "type": "STANDARD"});
    if !mapping.groups.is_empty() {
        entry["kubernetesGroups"] = json!(mapping.groups);
    }
    let policy = |(name, namespaces): (&String, &Vec<String>)| {
        json!({
            "policyARN": access_policy::arn(partition, name),
            "accessScope": {"type": "namespace", "namespaces": namespaces},
        })
    };
    if !mapping.policies.is_empty() {
        entry["accessPolicies"] = mapping.policies.iter().map(policy).collect();
    }
    entry
}

fn identity_mapping(mapping: &Mapping, principal: &Principal) -> Value {
    json!({
        "arn": principal.arn_in_aws_auth(),
        "username": principal.username_template(),
        "groups": mapping.groups,
        "noDuplicateARNs": true,
    })
}

fn comment(request: &Request) -> String {
    let verb = match request.way {
        Way::AccessEntry => {
            "eksctl create accessentry --config-file eksctl.yaml\n\nAn entry that eksctl made before is left as it is, without \
             new groups; one that somebody else made is refused."
        }
        Way::AwsAuth => {
            "eksctl create iamidentitymapping --config-file eksctl.yaml\n\neksctl writes the whole list anew: comments and \
             unknown keys in it are lost. An ARN that is there already is refused."
        }
    };
    let objects = if request.has_rbac() { "\nThe Roles and bindings: --format manifests." } else { "" };
    format!("Rendered by nsaccess. To apply it:\n  {verb}{objects}{}", super::ends(request))
}
