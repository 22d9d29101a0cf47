//! `sso`: the access portal's accounts, roles and role credentials, and sign-out.

use aws_sdk_sso::Client;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;

use crate::model::aws::access_keys::AccessKeys;
use crate::model::aws::credentials::RoleCredentials;
use crate::model::aws::target::Assignment;
use crate::model::wire::pages::Pages;
use crate::net::aws::Aws;
use crate::net::aws::failure::{Class, Failure};
use crate::secret::Secret;

/// The largest page that the portal allows (synfinatic/aws-sso-cli#1342).
const PAGE: i32 = 100;
/// Identity Center allows about twenty calls a second (fwdcloudsec/granted#811). This many at once stay near that, and
/// each backs off on 429.
const CALLS_AT_ONCE: usize = 6;

#[derive(Debug, Clone)]
pub(crate) struct Account {
    /// Twelve digits.
    pub(crate) id: String,
    pub(crate) name: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct PortalApi {
    client: Client,
    aws: Aws,
}

impl PortalApi {
    /// `region` is Identity Center's.
    pub(crate) fn new(aws: &Aws, region: &str) -> Self {
        PortalApi { client: Client::new(&aws.config("SSO", region, None)), aws: aws.clone() }
    }

    pub(crate) async fn list_accounts(&self, token: &Secret<String>) -> Result<Vec<Account>, Failure> {
        const OPERATION: &str = "ListAccounts";
        let (mut accounts, mut pages) = (Vec::new(), Pages::new(self.aws.received()));
        loop {
            let call = self.client.list_accounts().access_token(token.expose());
            let call = call.max_results(PAGE).set_next_token(pages.token());
            let page = call.send().await.map_err(|error| Failure::from_sdk(OPERATION, &error))?;
            accounts.extend(page.account_list().iter().filter_map(|account| {
                Some(Account { id: account.account_id()?.to_owned(), name: account.account_name().map(str::to_owned) })
            }));
            let more = pages.advance(page.next_token().map(str::to_owned), self.aws.received());
            if !more.map_err(|why| Failure::endless(OPERATION, why))? {
                return Ok(accounts);
            }
        }
    }

    pub(crate) async fn list_roles(
        &self,
        token: &Secret<String>,
        account: &Account,
    ) -> Result<Vec<Assignment>, Failure> {
        const OPERATION: &str = "ListAccountRoles";
        let (mut roles, mut pages) = (Vec::new(), Pages::new(self.aws.received()));
        loop {
            let call = self.client.list_account_roles().access_token(token.expose()).account_id(&account.id);
            let call = call.max_results(PAGE).set_next_token(pages.token());
            let page = call.send().await.map_err(|error| Failure::from_sdk(OPERATION, &error))?;
            roles.extend(page.role_list().iter().filter_map(|role| {
                Some(Assignment {
                    account: account.id.clone(),
                    account_name: account.name.clone(),
                    role: role.role_name()?.to_owned(),
                })
            }));
            let more = pages.advance(page.next_token().map(str::to_owned), self.aws.received());
            if !more.map_err(|why| Failure::endless(OPERATION, why))? {
                return Ok(roles);
            }
        }
    }

    /// All roles in all accounts. `progress` is called with the number of accounts done and their total.
    pub(crate) async fn list_assignments(
        &self,
        token: &Secret<String>,
        progress: &dyn Fn(usize, usize),
    ) -> Result<Vec<Assignment>, Failure> {
        let accounts = self.list_accounts(token).await?;
        let total = accounts.len();
        let roles = stream::iter(accounts).map(|account| async move { self.list_roles(token, &account).await });
        let mut roles = roles.buffer_unordered(CALLS_AT_ONCE);
        let (mut assignments, mut done) = (Vec::new(), 0);
        while let Some(found) = roles.try_next().await? {
            assignments.extend(found);
            done += 1;
            progress(done, total);
        }
        assignments.sort();
        Ok(assignments)
    }

    /// 403 means that the person does not have this assignment, or no longer.
    pub(crate) async fn get_role_credentials(
        &self,
        token: &Secret<String>,
        account: &str,
        role: &str,
    ) -> Result<RoleCredentials, Failure> {
        const OPERATION: &str = "GetRoleCredentials";
        let call = self.client.get_role_credentials().access_token(token.expose()).account_id(account).role_name(role);
        let answer = call.send().await.map_err(|error| Failure::from_sdk(OPERATION, &error))?;
        let incomplete = || Failure {
            operation: OPERATION,
            class: Class::Broken,
            code: None,
            words: "the response is incomplete".to_owned(),
        };
        let given = answer.role_credentials().ok_or_else(incomplete)?;
        let id = given.access_key_id().ok_or_else(incomplete)?;
        let secret = Secret::from(given.secret_access_key().ok_or_else(incomplete)?);
        let keys = AccessKeys::new(id, secret, given.session_token().map(Secret::from));
        Ok(RoleCredentials {
            keys: keys.map_err(|keys| Failure::unusable(OPERATION, keys))?,
            obtained_at: self.aws.host().now(),
            // In milliseconds, unlike all other times of these services.
            expires_at: Timestamp::from_millisecond(given.expiration()).map_err(|_| incomplete())?,
        })
    }

    /// Ends the session on the server, for all tools that share it.
    pub(crate) async fn logout(&self, token: &Secret<String>) -> Result<(), Failure> {
        let call = self.client.logout().access_token(token.expose());
        call.send().await.map(drop).map_err(|error| Failure::from_sdk("Logout", &error))
    }
}
