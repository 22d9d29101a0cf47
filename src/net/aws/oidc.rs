//! `sso-oidc`: registration, device authorization, tokens. See botocore's model and `docs/sign-in.md`.

use aws_sdk_ssooidc::Client;
use aws_sdk_ssooidc::operation::create_token::CreateTokenOutput;
use aws_sdk_ssooidc::operation::create_token::builders::CreateTokenFluentBuilder;
use jiff::{SignedDuration, Timestamp};

use crate::model::aws::device_flow::PollAnswer;
use crate::net::aws::Aws;
use crate::net::aws::failure::{Class, Failure};
use crate::secret::Secret;

/// The scope of portal tokens. Without it there is no refresh token (aws/aws-cli#7656).
pub(crate) const SCOPE: &str = "sso:account:access";

/// The two ways to sign in; a registration serves one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grant {
    Device,
    /// Authorization code with PKCE. The redirect URI is registered without a port.
    Browser,
}

/// A registered client.
#[derive(Debug, Clone)]
pub(crate) struct NewRegistration {
    pub(crate) client_id: String,
    pub(crate) client_secret: Secret<String>,
    /// In 90 days.
    pub(crate) expires_at: Timestamp,
}

#[derive(Debug)]
pub(crate) struct DeviceAuthorization {
    device_code: Secret<String>,
    /// To compare with the page.
    pub(crate) user_code: String,
    /// The page with the code filled in.
    pub(crate) verification_uri_complete: String,
    /// Seconds between polls; 0 when not named.
    pub(crate) interval: i32,
    /// Seconds until the code ends.
    pub(crate) expires_in: i32,
}

#[cfg(test)]
impl DeviceAuthorization {
    pub(crate) fn for_test(user_code: &str, page: &str) -> Self {
        DeviceAuthorization {
            device_code: Secret::from("device code"),
            user_code: user_code.to_owned(),
            verification_uri_complete: page.to_owned(),
            interval: 1,
            expires_in: 600,
        }
    }
}

#[derive(Debug)]
pub(crate) struct NewToken {
    pub(crate) access_token: Secret<String>,
    /// Absent without the scope, and where the service keeps the old one.
    pub(crate) refresh_token: Option<Secret<String>>,
    pub(crate) expires_at: Timestamp,
}

#[derive(Debug, Clone)]
pub(crate) struct Oidc {
    client: Client,
    aws: Aws,
    region: String,
}

impl Oidc {
    /// `region` is Identity Center's.
    pub(crate) fn new(aws: &Aws, region: &str) -> Self {
        let client = Client::new(&aws.config("SSO_OIDC", region, None));
        Oidc { client, aws: aws.clone(), region: region.to_owned() }
    }

    /// Where the browser flow's page is.
    pub(crate) fn endpoint(&self) -> String {
        self.aws.oidc_endpoint(&self.region)
    }

    pub(crate) async fn register(
        &self,
        session_name: &str,
        start_url: &str,
        grant: Grant,
    ) -> Result<NewRegistration, Failure> {
        let mut call = self
            .client
            .register_client()
            .client_name(format!("botocore-client-{session_name}"))
            .client_type("public")
            .scopes(SCOPE);
        if grant == Grant::Browser {
            call = call
                .grant_types("authorization_code")
                .grant_types("refresh_token")
                .redirect_uris(format!("http://127.0.0.1{}", crate::model::aws::pkce::CALLBACK_PATH))
                .issuer_url(start_url);
        }
        let answer = call.send().await.map_err(|error| Failure::from_sdk("RegisterClient", &error))?;
        Ok(NewRegistration {
            client_id: required("RegisterClient", answer.client_id())?.to_owned(),
            client_secret: Secret::from(required("RegisterClient", answer.client_secret())?),
            expires_at: Timestamp::from_second(answer.client_secret_expires_at()).unwrap_or(Timestamp::MAX),
        })
    }

    /// `invalid_request` mostly means a wrong start URL or region (aws/aws-cli#7129).
    pub(crate) async fn start_device(
        &self,
        client: &NewRegistration,
        start_url: &str,
    ) -> Result<DeviceAuthorization, Failure> {
        let call = self.client.start_device_authorization();
        let call = call.client_id(&client.client_id).client_secret(client.client_secret.expose()).start_url(start_url);
        let answer = call.send().await.map_err(|error| Failure::from_sdk("StartDeviceAuthorization", &error))?;
        let verification_uri = required("StartDeviceAuthorization", answer.verification_uri())?;
        Ok(DeviceAuthorization {
            device_code: Secret::from(required("StartDeviceAuthorization", answer.device_code())?),
            user_code: required("StartDeviceAuthorization", answer.user_code())?.to_owned(),
            verification_uri_complete: answer.verification_uri_complete().unwrap_or(verification_uri).to_owned(),
            interval: answer.interval(),
            expires_in: answer.expires_in(),
        })
    }

    /// Asks once whether the person has approved.
    pub(crate) async fn poll_device(
        &self,
        client: &NewRegistration,
        device: &DeviceAuthorization,
    ) -> Result<NewToken, PollAnswer> {
        let call = self.create_token(&client.client_id, &client.client_secret);
        let call =
            call.grant_type("urn:ietf:params:oauth:grant-type:device_code").device_code(device.device_code.expose());
        self.send_token_request(call).await.map_err(|failure| poll_answer(&failure))
    }

    /// Exchanges an authorization code for a token.
    pub(crate) async fn exchange_code(
        &self,
        client: &NewRegistration,
        code: &Secret<String>,
        verifier: &Secret<String>,
        redirect_uri: &str,
    ) -> Result<NewToken, Failure> {
        let call = self.create_token(&client.client_id, &client.client_secret).grant_type("authorization_code");
        let call = call.code(code.expose()).code_verifier(verifier.expose()).redirect_uri(redirect_uri);
        self.send_token_request(call).await
    }

    /// Renews a token. The refresh token is used up, whatever the outcome; `invalid_grant` means that the session is over.
    pub(crate) async fn refresh(
        &self,
        client_id: &str,
        client_secret: &Secret<String>,
        refresh_token: &Secret<String>,
    ) -> Result<NewToken, Failure> {
        let call = self.create_token(client_id, client_secret).grant_type("refresh_token");
        self.send_token_request(call.refresh_token(refresh_token.expose())).await
    }

    fn create_token(&self, client_id: &str, client_secret: &Secret<String>) -> CreateTokenFluentBuilder {
        self.client.create_token().client_id(client_id).client_secret(client_secret.expose())
    }

    async fn send_token_request(&self, call: CreateTokenFluentBuilder) -> Result<NewToken, Failure> {
        let answer: CreateTokenOutput = call.send().await.map_err(|error| Failure::from_sdk("CreateToken", &error))?;
        let lifetime = SignedDuration::from_secs(i64::from(answer.expires_in()));
        Ok(NewToken {
            access_token: Secret::from(required("CreateToken", answer.access_token())?),
            refresh_token: answer.refresh_token().map(Secret::from),
            expires_at: self.aws.host().now() + lifetime,
        })
    }
}

/// The error codes of a poll. botocore's model lists code and exception of each.
fn poll_answer(failure: &Failure) -> PollAnswer {
    let code = failure.code.as_deref().unwrap_or_default();
    match code {
        "authorization_pending" | "AuthorizationPendingException" => PollAnswer::Pending,
        "slow_down" | "SlowDownException" => PollAnswer::SlowDown,
        "expired_token" | "ExpiredTokenException" => PollAnswer::Expired,
        "access_denied" | "AccessDeniedException" => PollAnswer::Denied(failure.words.clone()),
        "invalid_client" | "InvalidClientException" => PollAnswer::InvalidClient,
        _ if failure.class == Class::Broken => PollAnswer::Broken(failure.to_string()),
        _ if matches!(failure.class, Class::Unreachable | Class::Throttled) => {
            PollAnswer::Transient(failure.to_string())
        }
        _ => PollAnswer::Fatal(failure.to_string()),
    }
}

/// A field that the service's model requires.
fn required<'a>(operation: &'static str, field: Option<&'a str>) -> Result<&'a str, Failure> {
    field.filter(|text| !text.is_empty()).ok_or_else(|| Failure {
        operation,
        class: Class::Broken,
        code: None,
        words: "the response is incomplete".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_become_answers() {
        let failure = |code: &str, class| Failure {
            operation: "CreateToken",
            class,
            code: Some(code.to_owned()),
            words: "words".to_owned(),
        };
        for (code, class, answer) in [
            ("AuthorizationPendingException", Class::Service, PollAnswer::Pending),
            ("slow_down", Class::Service, PollAnswer::SlowDown),
            ("SlowDownException", Class::Throttled, PollAnswer::SlowDown),
            ("ExpiredTokenException", Class::Unauthorized, PollAnswer::Expired),
            ("AccessDeniedException", Class::Denied, PollAnswer::Denied("words".into())),
            ("InvalidClientException", Class::Unauthorized, PollAnswer::InvalidClient),
            (
                "InternalServerException",
                Class::Broken,
                PollAnswer::Broken("CreateToken returned InternalServerException: words".into()),
            ),
            (
                "InvalidGrantException",
                Class::Service,
                PollAnswer::Fatal("CreateToken returned InvalidGrantException: words".into()),
            ),
        ] {
            assert_eq!(poll_answer(&failure(code, class)), answer, "{code}");
        }
    }
}
