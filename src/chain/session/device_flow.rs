//! The device flow: a code to approve on any device. What to do next is decided in `model/aws/device_flow.rs`.

use std::time::Duration;

use crate::chain::Chain;
use crate::chain::session::flow::{NoToken, check_page, flow_failed, open_page, show_portal};
use crate::error::{Error, Kind};
use crate::model::aws::device_flow::{DeviceFlow, GiveUp, Step};
use crate::model::aws::target::Portal;
use crate::net::aws::oidc::{DeviceAuthorization, NewRegistration, NewToken};
use crate::ui::Waiting;

/// How often the time that is left is shown.
const TICK: Duration = Duration::from_millis(200);

/// Shows a code and waits until it is approved.
///
/// # Errors
/// When it is not, or the service no longer knows the registration.
pub(crate) async fn run(chain: &Chain<'_>, portal: &Portal, client: &NewRegistration) -> Result<NewToken, NoToken> {
    let started = chain.services.start_device(portal, client).await;
    let device = started.map_err(|failure| flow_failed(chain, portal, failure))?;
    check_page(&device.verification_uri_complete)?;
    show_code(chain, portal, &device);
    let mut flow = DeviceFlow::start(device.interval, device.expires_in, chain.host.now());
    let mut step = flow.first_step();
    let waiting = chain.ui.waiting("waiting for your approval");
    loop {
        match step {
            Step::Wait(pause) => wait_with_countdown(chain, pause, (&flow, &waiting)).await,
            Step::GiveUp(why) => return Err(gave_up(why)),
        }
        match chain.services.poll_device(portal, client, &device).await {
            Ok(token) => return Ok(token),
            Err(answer) => step = flow.next_step(answer, chain.host.now()),
        }
        if let Some(words) = flow.lasting_trouble() {
            chain.ui.warning(&format!("cannot ask whether you have approved: {words}"));
        }
    }
}

fn show_code(chain: &Chain<'_>, portal: &Portal, device: &DeviceAuthorization) {
    show_portal(chain, portal);
    chain.ui.status_with("    code   ", &device.user_code);
    chain.ui.status(&format!("    page   {}", device.verification_uri_complete));
    chain.ui.blank();
    let then = "Compare the code with the one on the page, then approve.";
    open_page(chain, &device.verification_uri_complete, ("any device", then));
}

async fn wait_with_countdown(chain: &Chain<'_>, pause: Duration, (flow, waiting): (&DeviceFlow, &Waiting)) {
    let end = tokio::time::Instant::now() + pause;
    while chain.ui.is_animated() && tokio::time::Instant::now() + TICK < end {
        let left = flow.deadline().duration_since(chain.host.now()).as_secs().max(0);
        let (minutes, seconds) = (left / 60, left % 60);
        waiting.update(&format!("waiting for your approval, {minutes}:{seconds:02} left"));
        tokio::time::sleep(TICK).await;
    }
    tokio::time::sleep_until(end).await;
}

fn gave_up(why: GiveUp) -> NoToken {
    NoToken::Failed(match why {
        GiveUp::Register => return NoToken::Unregistered,
        GiveUp::Expired => Error::new(Kind::NotSignedIn, "the sign-in was not approved in time")
            .because("the code has expired")
            .try_next("run the same command again for a new code"),
        GiveUp::Denied(words) => Error::new(Kind::NotSignedIn, "the sign-in was denied").because(words),
        GiveUp::Failed(words) => {
            Error::new(Kind::Unreachable, "cannot sign in").because(words).try_next("run the same command again")
        }
    })
}
