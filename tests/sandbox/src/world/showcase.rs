//! Secrets of all sorts, and the roles of `idp-dev`'s workloads, for trying the product.

use serde_json::json;

use crate::cluster::Cluster;
use crate::iam::{Role, trust_permission_set, trust_service_account};
use crate::secretsmanager::{Encryption, Secret, SecretValue};

const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-west-1";

fn secret(name: &str, text: &str) -> Secret {
    Secret::new(ACCOUNT, REGION, name, text)
}

/// The secrets of `idp-dev`: a JSON one with a previous version, a plain one, a binary one, one marked for deletion and
/// one whose key the caller may not use; and secrets of others, one of which has a similar name.
pub(super) fn secrets() -> Vec<Secret> {
    let database = |password: &str| format!("{{\"username\":\"billing\",\"password\":\"{password}\",\"port\":5432}}");
    let mut rotated = secret("customer/idp-dev/billing/database", &database("sandbox-first"))
        .then(SecretValue::Text(database("sandbox-second")))
        .then(SecretValue::Text(database("sandbox-third")))
        .described("Database of billing");
    rotated.rotation_days = Some(30);
    rotated.last_rotated = Some(rotated.last_changed);
    rotated.last_accessed = Some(rotated.last_changed + 3600);
    let mut going = secret("customer/idp-dev/old-token", "sandbox-going");
    going.deleted = Some(going.created + 7 * 86400);
    let mut locked = secret("customer/idp-dev/locked", "sandbox-locked").described("Encrypted with another team's key");
    locked.kms_key_id = Some(format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/0a1b2c3d-4e5f-4607-8192-a3b4c5d6e7f8"));
    locked.encryption = Encryption::Denied;
    vec![
        rotated,
        secret("customer/idp-dev/api-key", "sandbox-api-key").described("Key of the payment provider"),
        secret("customer/idp-dev/keystore", "")
            .then(SecretValue::Binary(vec![0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2, 0xff])),
        going,
        locked,
        secret("customer/idp-dev-tools/api-key", "sandbox-of-another-namespace"),
        secret("customer/idp-test/api-key", "sandbox-of-idp-test"),
        secret("customer/shop-dev/stripe", "sandbox-of-shop-dev"),
        secret("platform/grafana/admin", "sandbox-of-the-platform").described("Nobody's business"),
        secret("demo/billing/dynamodb", "sandbox-of-the-role").described("For the role idp-demo-billing alone"),
        Secret::new("444455556666", REGION, "customer/idp-prod/api-key", "sandbox-of-idp-prod"),
    ]
}

/// The roles behind [`objects::identities`](crate::objects::identities). `billing`, `ledger`, `gateway` and `audit`
/// trust the permission set, as `helm/idp-advanced` 2.4.1 writes it; `reports` is from an older chart and trusts only
/// its service account; `mailer` is for EKS Pod Identity.
pub(super) fn roles(cluster: &Cluster, namespace: &str) -> Vec<Role> {
    let account = &cluster.account;
    let new = |name: &str| Role::new(account, &format!("idp-demo-{name}"));
    let by_token = |name: &str, account_name: &str| {
        new(name).trusting(trust_service_account(account, &cluster.oidc_issuer(), namespace, account_name))
    };
    let by_both = |name: &str, account_name: &str| {
        by_token(name, account_name).trusting(trust_permission_set(account, &format!("idp-ns-{namespace}")))
    };
    let secret = "arn:aws:secretsmanager:*:*:secret:demo/billing/*";
    let read = json!({"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": secret});
    let pods = json!({"Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"]});
    vec![
        by_both("billing", "billing").allowing(read),
        by_both("ledger", "ledger"),
        by_both("gateway", "gateway"),
        by_both("audit", "gateway"),
        by_token("reports", "reports"),
        new("mailer").trusting(pods),
    ]
}
