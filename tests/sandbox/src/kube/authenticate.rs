//! Authentication: aws-iam-authenticator's checks of a bearer token, STS's answer to it, and the cluster's mapping.

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use serde_json::Value;

use super::aws_auth::AwsAuth;
use super::rbac::User;
use crate::clock;
use crate::cluster::{Cluster, RoleMapping};
use crate::credentials::Credentials;
use crate::eks::delays::{self, Stale};
use crate::iam::reserved::{Bindings, is_bound};
use crate::sigv4::{self, Expectation, Message, Refusal};
use crate::text::{first, form_pairs};

const PARAMETERS: [&str; 9] = [
    "action",
    "version",
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-expires",
    "x-amz-security-token",
    "x-amz-signature",
    "x-amz-signedheaders",
];

/// The credentials behind a token, or why it is refused.
pub(crate) fn verify_token<'keys>(
    token: &str,
    cluster: &str,
    region: &str,
    now: i64,
    keys: impl Fn(&str) -> Option<&'keys Credentials>,
) -> Result<Credentials, String> {
    let url = decode(token)?;
    let rest = url.strip_prefix("https://").ok_or("the scheme is not https")?;
    let (host, rest) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let host_region = sts_host_region(host, region)?;
    let (path, query) = rest.split_once('?').ok_or("there is no query")?;
    if path != "/" {
        return Err(format!("the path is '{path}' and not '/'"));
    }
    check_parameters(query, now)?;
    // What follows is STS's part: the URL again, with this cluster's name in the header that was signed.
    let headers = [("host".to_owned(), host.to_owned()), ("x-k8s-aws-id".to_owned(), cluster.to_owned())];
    let message = Message { method: "GET", path, query, headers: &headers, body: b"" };
    let expectation = Expectation { service: "sts", now, skew_minutes: 15 };
    let caller = sigv4::verify(&message, &expectation, keys).map_err(|refusal| match refusal {
        Refusal::Mismatch(canonical) => {
            format!("STS refuses the signature (another cluster's token?); it computed over: {canonical}")
        }
        other => format!("STS refuses: {other:?}"),
    })?;
    if caller.region != host_region {
        return Err(format!("the credential is scoped to {}, the host is of {host_region}", caller.region));
    }
    Ok(caller.credentials)
}

fn decode(token: &str) -> Result<String, String> {
    if token.len() > 4096 {
        return Err("the token is longer than 4096 bytes".to_owned());
    }
    let encoded = token.strip_prefix("k8s-aws-v1.").ok_or("the token does not begin with k8s-aws-v1.")?;
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::RequireNone);
    let bytes = GeneralPurpose::new(&URL_SAFE, config)
        .decode(encoded)
        .map_err(|error| format!("no base64url without padding: {error}"))?;
    String::from_utf8(bytes).map_err(|_| "the token is no text".to_owned())
}

/// The region of an STS host of the cluster's partition.
fn sts_host_region(host: &str, cluster_region: &str) -> Result<String, String> {
    let refused = || format!("the host '{host}' is no STS of the cluster's partition");
    if host == "sts.amazonaws.com" && partition(cluster_region) == "aws" {
        return Ok("us-east-1".to_owned());
    }
    let rest = host.strip_prefix("sts.").or_else(|| host.strip_prefix("sts-fips.")).ok_or_else(refused)?;
    let suffixes = match partition(cluster_region) {
        "aws-cn" => [".amazonaws.com.cn", ".api.amazonwebservices.com.cn"],
        _ => [".amazonaws.com", ".api.aws"],
    };
    let region = suffixes.iter().find_map(|suffix| rest.strip_suffix(suffix)).ok_or_else(refused)?;
    let looks_like_one =
        region.split('-').count() >= 3 && region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if looks_like_one && partition(region) == partition(cluster_region) {
        Ok(region.to_owned())
    } else {
        Err(refused())
    }
}

fn partition(region: &str) -> &'static str {
    match region {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

fn check_parameters(query: &str, now: i64) -> Result<(), String> {
    let pairs: Vec<(String, String)> =
        form_pairs(query).into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
    for (index, (name, _)) in pairs.iter().enumerate() {
        if !PARAMETERS.contains(&name.as_str()) {
            return Err(format!("the query parameter '{name}' is not allowed"));
        }
        if pairs[..index].iter().any(|(other, _)| other == name) {
            return Err(format!("the query parameter '{name}' is there twice"));
        }
    }
    let value = |name: &str| first(&pairs, name).unwrap_or_default();
    if value("action") != "GetCallerIdentity" || value("version") != "2011-06-15" {
        return Err("the action is not GetCallerIdentity of 2011-06-15".to_owned());
    }
    if !value("x-amz-signedheaders").split(';').any(|name| name.eq_ignore_ascii_case("x-k8s-aws-id")) {
        return Err("x-k8s-aws-id is not among the signed headers".to_owned());
    }
    if !value("x-amz-expires").parse::<u32>().is_ok_and(|seconds| seconds <= 900) {
        return Err("X-Amz-Expires is no number up to 900".to_owned());
    }
    let date = clock::parse_basic(value("x-amz-date")).ok_or("X-Amz-Date cannot be read")?;
    if now > date + 15 * 60 {
        return Err("X-Amz-Date is older than 15 minutes".to_owned());
    }
    Ok(())
}

/// What a cluster knows about roles.
#[derive(Clone, Copy)]
pub(crate) struct Mappings<'state> {
    pub(crate) cluster: &'state Cluster,
    /// Which roles the access entries were made for.
    pub(crate) bindings: &'state Bindings,
    /// Which entries are not yet what EKS shows.
    pub(crate) stale: &'state [Stale],
    /// The time in milliseconds.
    pub(crate) now: i64,
    /// The ConfigMap `aws-auth`.
    pub(crate) aws_auth: Option<&'state Value>,
}

/// The user that a role is mapped to, or why there is none.
pub(crate) fn map(mappings: Mappings, credentials: &Credentials) -> Result<User, String> {
    let Mappings { cluster, bindings, aws_auth, stale, now } = mappings;
    let path_arn = credentials.principal_arn();
    let by_entry = || {
        let found = delays::seen(cluster, stale, &path_arn, now);
        let (entry, is_old) = found.ok_or_else(|| format!("{path_arn} has no access entry in {}", cluster.name))?;
        if !is_old && !is_bound(bindings, &cluster.name, &path_arn, &credentials.principal_id()) {
            return Err(format!("the access entry of {path_arn} was made for a role that is gone"));
        }
        let mapping =
            RoleMapping { username: entry.username.clone(), groups: entry.groups.clone(), ..RoleMapping::default() };
        Ok((mapping, entry.policies.clone()))
    };
    let by_config_map = |why: String| {
        let canonical = credentials.canonical_arn();
        let found = aws_auth.and_then(|it| AwsAuth::of(it).find(&canonical, &credentials.account));
        let mapping = found.ok_or_else(|| format!("{why}; {canonical} is not in aws-auth"))?;
        Ok((mapping, Vec::new()))
    };
    let (mapping, policies) = match cluster.authentication_mode.as_str() {
        "API" => by_entry(),
        "CONFIG_MAP" => by_config_map("access entries do not count".to_owned()),
        _ => by_entry().or_else(by_config_map),
    }?;
    let fill = |template: &str| {
        template
            .replace("{{SessionNameRaw}}", &credentials.session_name)
            .replace("{{SessionName}}", &credentials.session_name.replace('@', "-"))
            .replace("{{AccountID}}", &credentials.account)
            .replace("{{AccessKeyID}}", &credentials.access_key_id)
    };
    let templates = || std::iter::once(&mapping.username).chain(&mapping.groups);
    if let Some(template) = templates().find(|template| template.contains("{{EC2PrivateDNSName}}")) {
        return Err(format!("error rendering template \"{template}\": SessionName did not contain an instance id"));
    }
    let name = fill(&mapping.username);
    let mut groups: Vec<String> = mapping.groups.iter().map(|group| fill(group)).collect();
    groups.push("system:authenticated".to_owned());
    let extra = [
        ("accessKeyId", credentials.access_key_id.clone()),
        ("arn", credentials.caller_arn()),
        ("canonicalArn", credentials.canonical_arn()),
        ("principalId", credentials.principal_id()),
        ("sessionName", credentials.session_name.clone()),
        ("sigs.k8s.io/aws-iam-authenticator/principalId", credentials.principal_id()),
    ];
    Ok(User {
        name,
        uid: format!("aws-iam-authenticator:{}:{}", credentials.account, credentials.principal_id()),
        groups,
        policies,
        extra: extra.map(|(key, value)| (key.to_owned(), value)).to_vec(),
    })
}

#[cfg(test)]
#[path = "authenticate_tests.rs"]
mod tests;
