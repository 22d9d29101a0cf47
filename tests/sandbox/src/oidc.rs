//! IAM Identity Center OIDC: clients, device codes, authorizations, tokens, and the pages for approval.

pub(crate) mod errors;
pub(crate) mod model;
mod pages;
mod register;
mod token;

use serde_json::json;

use crate::message::{Reply, Request};
use crate::state::Shared;
use errors::refuse;
use model::{Decision, Device};

/// The operation a request asks for.
pub(crate) fn operation(request: &Request) -> &'static str {
    match (request.method.as_str(), request.path.as_str()) {
        ("POST", "/client/register") => "RegisterClient",
        ("POST", "/device_authorization") => "StartDeviceAuthorization",
        ("POST", "/token") => "CreateToken",
        ("GET" | "HEAD", "/authorize") => "Authorize",
        ("POST", "/authorize") => "AuthorizePage",
        ("GET" | "HEAD" | "POST", "/device") => "DevicePage",
        _ => "unknown",
    }
}

/// Answers a request.
pub(crate) fn handle(shared: &Shared, request: &Request) -> Reply {
    let result = match operation(request) {
        "RegisterClient" => register::register(shared, request),
        "StartDeviceAuthorization" => start_device_authorization(shared, request),
        "CreateToken" => token::create(shared, request),
        "Authorize" => Ok(pages::authorize(shared, request)),
        "AuthorizePage" => Ok(pages::decide_authorization(shared, request)),
        "DevicePage" => Ok(pages::device(shared, request)),
        _ => {
            Ok(Reply::json(404, &json!({"message": "Not Found"})).with("x-amzn-errortype", "UnknownOperationException"))
        }
    };
    result.unwrap_or_else(|refusal| refusal)
}

fn start_device_authorization(shared: &Shared, request: &Request) -> Result<Reply, Reply> {
    let input = errors::Input::read(request)?;
    let (client_id, secret) = (input.required("clientId")?, input.required("clientSecret")?);
    let start_url = input.required("startUrl")?;
    let now = shared.clock.milliseconds();
    let mut state = shared.state();
    let region = request.region.as_deref();
    let grants = state.oidc.client((client_id, secret), now, region)?;
    if !grants.allows(model::DEVICE_CODE) {
        return Err(refuse("UnauthorizedClientException", "Client is not registered for the device_code grant"));
    }
    let portal = state.world.portal_at(start_url).filter(|&portal| state.is_in(portal, region)).ok_or_else(|| {
        let region = region.unwrap_or("any region");
        refuse("InvalidRequestException", "Invalid start url provided").because(format!("{start_url} in {region}"))
    })?;
    state.oidc.bind(client_id, portal)?;
    let region = region.unwrap_or(state.world.sso_region_of(portal)).to_owned();
    let settings = state.world.settings.clone();
    let letters = |count| shared.random.letters(b"BCDFGHJKLMNPQRSTVWXZ", count);
    let user_code = format!("{}-{}", letters(4), letters(4));
    let device_code = shared.random.url_safe(48);
    let decision = if settings.auto_approve {
        let session = state.oidc.sign_in(portal, now, settings.session_lifetime);
        Decision::Approved { session }
    } else {
        Decision::Open
    };
    state.oidc.devices.push(Device {
        device_code: device_code.clone(),
        user_code: user_code.clone(),
        client_id: client_id.to_owned(),
        portal,
        region,
        expires_at: now + settings.device_code_lifetime * 1000,
        interval: settings.device_interval * 1000,
        last_poll: None,
        decision,
        used: false,
    });
    let page = format!("{}/device", shared.addresses.oidc);
    Ok(Reply::json(
        200,
        &json!({
            "deviceCode": device_code,
            "expiresIn": settings.device_code_lifetime,
            "interval": settings.device_interval,
            "userCode": user_code,
            "verificationUri": page,
            "verificationUriComplete": format!("{page}?user_code={user_code}"),
        }),
    ))
}
