//! The controls of a running sandbox: everything that a test may do to it. `/_control` on the OIDC port offers the same
//! over HTTP.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::credentials::Credentials;
use crate::faults::{Fault, FaultKind};
use crate::journal::Call;
use crate::signin::ConsoleSignIn;
use crate::start_page::StartPage;
use crate::state::Shared;
use crate::world::{Account, Settings};

/// A handle on a running sandbox. Clones are handles on the same one.
#[derive(Clone)]
pub struct Control {
    shared: Arc<Shared>,
}

impl Control {
    pub(crate) fn new(shared: Arc<Shared>) -> Control {
        Control { shared }
    }

    pub(crate) fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }

    // The person at the browser.

    /// From now on the person approves (or no longer approves) every request at once. Requests that wait are approved
    /// too.
    pub fn approve_device_codes(&self, automatically: bool) {
        self.shared.state().world.settings.auto_approve = automatically;
        if automatically {
            self.approve(None);
        }
    }

    /// Approves a device code, or all that wait. Returns how many.
    pub fn approve(&self, user_code: Option<&str>) -> usize {
        self.decide(user_code, true)
    }

    /// Denies a device code, or all that wait. Returns how many.
    pub fn deny(&self, user_code: Option<&str>) -> usize {
        self.decide(user_code, false)
    }

    fn decide(&self, user_code: Option<&str>, approve: bool) -> usize {
        let now = self.shared.clock.milliseconds();
        let mut state = self.shared.state();
        let lifetime = state.world.settings.session_lifetime;
        state.oidc.decide(user_code, approve, now, lifetime)
    }

    /// The user codes that wait for the person.
    pub fn pending(&self) -> Vec<String> {
        self.shared.state().oidc.pending(self.shared.clock.milliseconds())
    }

    // The journal.

    /// How often an operation was asked for: `CreateToken`, `CreateToken:refresh_token`, `list pods`, …
    pub fn calls(&self, operation: &str) -> usize {
        self.shared.state().journal.calls(operation)
    }

    /// All operations with their counts.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        self.shared.state().journal.counts().clone()
    }

    /// Every answered request, with the reason of a refusal.
    pub fn journal(&self) -> Vec<Call> {
        self.shared.state().journal.calls.clone()
    }

    /// Forgets what was asked.
    pub fn reset_calls(&self) {
        let mut state = self.shared.state();
        state.journal.reset();
        state.oidc.refresh_token_reuses = 0;
    }

    /// How often a refresh token was used a second time.
    pub fn refresh_token_reuses(&self) -> usize {
        self.shared.state().oidc.refresh_token_reuses
    }

    // Faults.

    /// Adds a fault.
    pub fn fault(&self, fault: Fault) {
        self.shared.state().faults.list.push(fault);
    }

    /// Sets a fault for the next requests for an operation, of whatever service.
    pub fn fail_next(&self, operation: &str, times: u32, kind: FaultKind) {
        self.fault(Fault { service: "*".to_owned(), operation: operation.to_owned(), times: Some(times), kind });
    }

    /// Refuses the next requests for an operation as too many, in the words of its service.
    pub fn throttle_next(&self, operation: &str, times: u32) {
        self.fail_next(operation, times, FaultKind::Throttled);
    }

    /// Lets a service answer this many requests a second and refuse the others; None removes the limit.
    pub fn throttle(&self, service: &str, per_second: Option<usize>) {
        self.shared.state().faults.throttle(service, per_second);
    }

    /// Opens or closes a service's port: a closed one refuses connections. False if there is no such service.
    pub fn reachable(&self, service: &str, open: bool) -> bool {
        self.shared.doors.set_open(service, open)
    }

    /// How many answers [`FaultKind::Hold`] is keeping.
    pub fn held_answers(&self) -> usize {
        self.shared.held.waiting()
    }

    /// Releases those answers.
    pub fn release_answers(&self) {
        self.shared.held.release();
    }

    /// Removes all faults and throttles, opens all ports, and lets TLS begin as it should.
    pub fn clear_faults(&self) {
        {
            let mut state = self.shared.state();
            state.faults.clear();
            state.handshakes.clear();
        }
        self.release_answers();
        self.shared.doors.open_all();
    }

    // Time.

    /// Sets the sandbox's clock this many seconds off the machine's: for expiries, signatures and `Date`. A test lets
    /// time pass in this way, or makes the client's clock wrong.
    pub fn set_clock_offset(&self, seconds: i64) {
        self.shared.clock.set_offset(seconds);
    }

    /// Moves only the `Date` header.
    pub fn set_date_shift(&self, seconds: i64) {
        self.shared.clock.set_date_shift(seconds);
    }

    /// The sandbox's time, in seconds since 1970.
    pub fn now(&self) -> i64 {
        self.shared.clock.seconds()
    }

    // Sign-ins.

    /// Ends every portal session now: access tokens get 401, refresh tokens `invalid_grant`.
    pub fn end_session(&self) {
        let now = self.shared.clock.milliseconds();
        for session in &mut self.shared.state().oidc.sessions {
            session.ends_at = session.ends_at.min(now);
        }
    }

    /// Revokes every access token; refresh tokens stay valid.
    pub fn expire_access_tokens(&self) {
        for token in self.shared.state().oidc.access_tokens.values_mut() {
            token.revoked = true;
        }
    }

    /// Revokes every refresh token; access tokens stay valid.
    pub fn revoke_refresh_tokens(&self) {
        for token in self.shared.state().oidc.refresh_tokens.values_mut() {
            token.revoked = true;
        }
    }

    /// Ends every client registration now: `invalid_client`.
    pub fn expire_registrations(&self) {
        let now = self.shared.clock.milliseconds();
        for client in self.shared.state().oidc.clients.values_mut() {
            client.expires_at = client.expires_at.min(now);
        }
    }

    // Role credentials.

    /// Mints credentials of a permission set in an account, whether it is assigned or not.
    pub fn mint(&self, account: &str, permission_set: &str) -> Credentials {
        self.shared.mint(account, permission_set)
    }

    /// Makes the credentials of all sessions expire now; long-lived keys of users have no end.
    pub fn expire_role_credentials(&self) {
        // Signatures are checked to the second, so the current second must count as over.
        let now = self.shared.clock.seconds() * 1000;
        for credentials in self.shared.state().credentials.values_mut().filter(|it| !it.are_long_lived()) {
            credentials.expiration = credentials.expiration.min(now);
        }
    }

    /// Invalidates the credentials of all sessions, whatever their expiry says.
    pub fn forget_role_credentials(&self) {
        for credentials in self.shared.state().credentials.values_mut().filter(|it| !it.are_long_lived()) {
            credentials.known = false;
        }
    }

    /// The permission set of an access key.
    pub fn permission_set_of(&self, access_key_id: &str) -> Option<String> {
        let shared = self.shared();
        let state = shared.state();
        state.credentials.get(access_key_id).map(|credentials| credentials.permission_set.clone())
    }

    /// The sign-ins to the AWS console, in their order.
    pub fn console_sign_ins(&self) -> Vec<ConsoleSignIn> {
        self.shared.state().sign_ins.done.clone()
    }

    /// Denies an AWS action (`eks:ListClusters`, `eks:*`) to a permission set, or to all with `*`. The name may be of an IAM
    /// role or user too.
    pub fn deny_action(&self, permission_set: &str, action: &str) {
        self.shared.state().deny_action(permission_set, action);
    }

    /// Allows an AWS action to a permission set, or to all with `*`, whatever the policies say: reading access entries,
    /// which a namespace's developer may not, or everything with `*`. The last of all denials and permissions counts.
    pub fn allow_action(&self, permission_set: &str, action: &str) {
        self.shared.state().allow_action(permission_set, action);
    }

    /// Removes all denials.
    pub fn allow_actions(&self) {
        self.shared.state().rulings.retain(|ruling| ruling.allowed);
    }

    /// Sets which region the start page names.
    pub fn set_start_page(&self, page: StartPage) {
        self.shared.state().start_page = page;
    }

    // The world.

    /// Changes intervals, lifetimes and page sizes.
    pub fn settings(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.shared.state().world.settings);
    }

    /// Adds an account, or replaces the one with its number.
    pub fn put_account(&self, account: Account) {
        let accounts = &mut self.shared.state().world.accounts;
        accounts.retain(|other| other.id != account.id);
        accounts.push(account);
    }

    /// Removes all assignments in an account.
    pub fn remove_account(&self, id: &str) {
        self.shared.state().world.accounts.retain(|account| account.id != id);
    }

    /// Creates or replaces an object in a cluster: a pod, a Role, a RoleBinding, … False if there is no such cluster.
    pub fn apply(&self, cluster: &str, object: Value) -> bool {
        let mut state = self.shared.state();
        state.stores.get_mut(cluster).map(|store| store.apply(object)).is_some()
    }

    /// Deletes an object (an empty namespace for what belongs to the cluster). False if there was none.
    pub fn delete(&self, cluster: &str, kind: &str, namespace: &str, name: &str) -> bool {
        let mut state = self.shared.state();
        state.stores.get_mut(cluster).and_then(|store| store.delete(kind, namespace, name)).is_some()
    }
}
