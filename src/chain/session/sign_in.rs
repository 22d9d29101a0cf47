//! Signing in: a person, a browser, and a token at the end. Nobody's wish but the person's own starts it (RFC 8628
//! §5.4: a device code that appears unasked is how phishing works).

use std::time::Duration;

use crate::chain::Chain;
use crate::chain::lock_wait;
use crate::chain::session::Stored;
use crate::disk::sso_cache::{self, Cached};
use crate::error::{Error, Kind, Result};
use crate::model::aws::device_flow::{DeviceFlow, GiveUp, Step};
use crate::model::aws::pkce::Attempt;
use crate::model::aws::sso_cache::{Refresh, Registration, SsoToken, judge_registration, registration_file_name};
use crate::model::aws::target::Portal;
use crate::model::settings::Flow;
use crate::net::aws::failure::Failure;
use crate::net::aws::oidc::{DeviceAuthorization, Grant, NewRegistration, NewToken, Oidc, SCOPE};
use crate::net::callback::CallbackListener;
use crate::process::browser::is_page;
use crate::secret::Secret;

/// As long as a device code lives: nobody sits longer before a browser.
const BROWSER_DEADLINE: Duration = Duration::from_secs(600);
const TICK: Duration = Duration::from_millis(100);

/// Why an attempt ended without a token.
enum Ended {
    /// The service no longer knows our registration: make a new one and start again, once.
    Unregistered,
    /// Anything else.
    Failed(Error),
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        Ended::Failed(error)
    }
}

impl Chain<'_> {
    /// Signs in, or takes over the session of a sign-in that another process finished while we waited for it.
    ///
    /// # Errors
    /// When the person says no, or not in time, or the service fails.
    pub async fn sign_in(&self, portal: &Portal, refused: Option<&Secret<String>>) -> Result<SsoToken> {
        let path = sso_cache::lock_path(self.host, &format!("sign-in {}", portal.session_name));
        let _lock = lock_wait::for_lock(self.ui, &path, "is signing in", Some(BROWSER_DEADLINE)).await?;
        if let Stored::Fresh(token) = self.stored_session(portal, refused)? {
            return Ok(token);
        }
        self.sign_in_anew(portal).await
    }

    async fn sign_in_anew(&self, portal: &Portal) -> Result<SsoToken> {
        let oidc = Oidc::new(&self.aws, &portal.region);
        let grant = match self.settings.flow.value {
            Flow::Device => Grant::Device,
            Flow::Browser => Grant::Browser,
        };
        let mut registration = self.registration(&oidc, portal, grant, false).await?;
        let mut ended = self.attempt(&oidc, portal, grant, &registration).await;
        if matches!(ended, Err(Ended::Unregistered)) {
            self.ui.detail("the service no longer knows our registration; making a new one");
            registration = self.registration(&oidc, portal, grant, true).await?;
            ended = self.attempt(&oidc, portal, grant, &registration).await;
        }
        self.ui.end_transient();
        match ended {
            Ok(new) => self.store_session(portal, &registration, new),
            Err(Ended::Failed(error)) => Err(self.explain_clock(error)),
            Err(Ended::Unregistered) => Err(Error::failure("cannot sign in")
                .because("the service does not accept the client that it has just registered")
                .try_next("run the same command again")),
        }
    }

    async fn attempt(
        &self,
        oidc: &Oidc,
        portal: &Portal,
        grant: Grant,
        registration: &Registration,
    ) -> Result<NewToken, Ended> {
        let client = NewRegistration {
            client_id: registration.client_id.clone(),
            client_secret: registration.client_secret.clone(),
            expires_at: registration.expires_at,
        };
        match grant {
            Grant::Device => self.device_flow(oidc, portal, &client).await,
            Grant::Browser => self.browser_flow(oidc, portal, &client).await,
        }
    }

    /// The registration of this portal from the shared cache, or a new one.
    async fn registration(&self, oidc: &Oidc, portal: &Portal, grant: Grant, renew: bool) -> Result<Registration> {
        let name =
            registration_file_name(&portal.start_url, &portal.region, Some(&[SCOPE]), Some(&portal.session_name));
        let grant_types: Option<&[&str]> = match grant {
            Grant::Device => None,
            Grant::Browser => Some(&["authorization_code", "refresh_token"]),
        };
        if let (false, Cached::Found(known)) = (renew, sso_cache::read_registration(self.host, &name)?) {
            match judge_registration(&known, self.host.now(), &[SCOPE], grant_types) {
                Ok(()) => return Ok(known),
                Err(reason) => self.ui.detail(&format!("registering again: {reason}")),
            }
        }
        let new = oidc.register(&portal.session_name, &portal.start_url, grant).await;
        let new = new.map_err(|failure| self.cannot_sign_in(portal, failure))?;
        let registration = Registration {
            client_id: new.client_id,
            client_secret: new.client_secret,
            expires_at: new.expires_at,
            scopes: vec![SCOPE.to_owned()],
            grant_types: grant_types.map(|list| list.iter().map(|&grant| grant.to_owned()).collect()),
        };
        sso_cache::write_registration(self.host, &name, &registration)?;
        Ok(registration)
    }

    async fn device_flow(&self, oidc: &Oidc, portal: &Portal, client: &NewRegistration) -> Result<NewToken, Ended> {
        let started = oidc.start_device(client, &portal.start_url).await;
        let device = started.map_err(|failure| self.start_failed(portal, failure))?;
        check_page(&device.verification_uri_complete)?;
        self.show_code(portal, &device);
        let mut flow = DeviceFlow::start(device.interval, device.expires_in, self.host.now());
        let mut step = flow.first_step();
        loop {
            match step {
                Step::Wait(pause) => self.wait_with_countdown(pause, &flow).await,
                Step::GiveUp(why) => return Err(gave_up(why)),
                Step::Done => return Err(Ended::Failed(Error::failure("the sign-in ended without a token"))),
            }
            let (answer, token) = oidc.poll_device(client, &device).await;
            if let Some(token) = token {
                return Ok(token);
            }
            step = flow.next_step(answer, self.host.now());
        }
    }

    fn show_code(&self, portal: &Portal, device: &DeviceAuthorization) {
        let ui = self.ui;
        self.show_portal(portal);
        ui.status_of("    code   ", &device.user_code);
        ui.status(&format!("    page   {}", device.verification_uri_complete));
        ui.blank();
        self.open_page(&device.verification_uri_complete, "Compare the code with the one on the page, then approve.");
    }

    fn show_portal(&self, portal: &Portal) {
        self.ui.blank();
        self.ui.status_of("Sign in to ", &portal.start_url);
        self.ui.blank();
    }

    fn open_page(&self, url: &str, then: &str) {
        let obstacle = match (self.no_browser, self.host.browser_obstacle()) {
            (true, _) => Some("as asked".to_owned()),
            (false, Some(obstacle)) => Some(obstacle.to_owned()),
            (false, None) => self.host.open_browser(url).err().map(|error| crate::error::plain_io(&error)),
        };
        match obstacle {
            None => self.ui.status(&format!("Your browser opens the page. {then}")),
            Some(why) => {
                self.ui
                    .status(&format!("No browser was opened ({why}). Open the page yourself, on any device. {then}"));
            }
        }
    }

    async fn wait_with_countdown(&self, pause: Duration, flow: &DeviceFlow) {
        let end = tokio::time::Instant::now() + pause;
        let mut frame = 0;
        while self.ui.is_moving() && tokio::time::Instant::now() + TICK < end {
            let left = flow.deadline().duration_since(self.host.now()).as_secs().max(0);
            self.ui.transient(&format!(
                "{} waiting for your approval, {}:{:02} left",
                spinner(frame),
                left / 60,
                left % 60
            ));
            frame += 1;
            tokio::time::sleep(TICK).await;
        }
        tokio::time::sleep_until(end).await;
    }

    async fn browser_flow(&self, oidc: &Oidc, portal: &Portal, client: &NewRegistration) -> Result<NewToken, Ended> {
        let attempt = Attempt::new(self.host.random(), self.host.random());
        // Bound before the browser opens: a warm session is back in no time (synfinatic/aws-sso-cli#1441).
        let listener = CallbackListener::bind().await?;
        let redirect_uri = listener.redirect_uri().to_owned();
        let url = attempt.authorize_url(&oidc.endpoint(), &client.client_id, &redirect_uri, SCOPE);
        check_page(&url)?;
        self.show_portal(portal);
        self.ui.status(&format!("    page   {url}"));
        self.ui.blank();
        self.open_page(&url, "This machine waits for its answer; for another device use --flow device.");
        let code = tokio::time::timeout(BROWSER_DEADLINE, listener.wait(&attempt)).await.map_err(|_| {
            // The page shows an error and never comes back when the service has forgotten our registration.
            let name =
                registration_file_name(&portal.start_url, &portal.region, Some(&[SCOPE]), Some(&portal.session_name));
            let _ = sso_cache::remove_registration(self.host, &name);
            Error::new(Kind::NotSignedIn, "nobody finished the sign-in in the browser within 10 minutes")
                .because("the page was not completed, or it showed an error and did not come back here")
                .try_next("nsaccess login NAMESPACE --flow device")
        })??;
        let exchanged = oidc.exchange_code(client, &code, attempt.verifier(), &redirect_uri).await;
        exchanged.map_err(|failure| self.start_failed(portal, failure))
    }

    fn store_session(&self, portal: &Portal, registration: &Registration, new: NewToken) -> Result<SsoToken> {
        let token = SsoToken {
            start_url: portal.start_url.clone(),
            region: portal.region.clone(),
            access_token: new.access_token,
            expires_at: new.expires_at,
            refresh: new.refresh_token.map(|refresh_token| Refresh {
                client_id: registration.client_id.clone(),
                client_secret: registration.client_secret.clone(),
                registration_expires_at: Some(registration.expires_at),
                refresh_token,
            }),
            unknown: Default::default(),
        };
        sso_cache::write_token(self.host, &portal.session_name, &token)?;
        Ok(token)
    }

    fn start_failed(&self, portal: &Portal, failure: Failure) -> Ended {
        match failure.code.as_deref() {
            Some("invalid_client" | "InvalidClientException") => Ended::Unregistered,
            _ => Ended::Failed(self.cannot_sign_in(portal, failure)),
        }
    }

    fn cannot_sign_in(&self, portal: &Portal, failure: Failure) -> Error {
        let invalid = matches!(failure.code.as_deref(), Some("invalid_request" | "InvalidRequestException"));
        let error = failure.into_error(format!("cannot sign in to {}", portal.start_url));
        let error = if invalid {
            error
                .because(format!("the start URL or its region ({}) is probably not right", portal.region))
                .try_next("nsaccess config   # shows both, and where they come from")
        } else {
            error
        };
        self.explain_clock(error)
    }
}

/// A person is sent to no address, and a browser is given none, that is no page.
fn check_page(url: &str) -> Result<()> {
    if is_page(url) {
        return Ok(());
    }
    Err(Error::new(Kind::Unreachable, "cannot sign in")
        .because(format!("the page that the service names is neither https nor on this machine: {url:?}"))
        .try_next("nsaccess config   # shows the start URL and its region, and where they come from"))
}

fn gave_up(why: GiveUp) -> Ended {
    Ended::Failed(match why {
        GiveUp::Register => return Ended::Unregistered,
        GiveUp::Expired => Error::new(Kind::NotSignedIn, "nobody approved the sign-in in time")
            .because("the code is over")
            .try_next("run the same command again for a new code"),
        GiveUp::Denied(words) => Error::new(Kind::Denied, "the sign-in was denied").because(words),
        GiveUp::Failed(words) => {
            Error::new(Kind::Unreachable, "cannot sign in").because(words).try_next("run the same command again")
        }
    })
}

fn spinner(frame: usize) -> char {
    const FRAMES: [char; 10] = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
    FRAMES[frame % FRAMES.len()]
}
