//! The controls over HTTP, for scripts and for tests in other languages. `GET /_control` lists them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::control::Control;
use crate::credentials::Credentials;
use crate::faults::{Fault, FaultKind};
use crate::message::{Reply, Request};
use crate::start_page::StartPage;
use crate::state::Shared;
use crate::traffic::{Counts, Traffic};
use crate::world::Account;
use crate::{
    control_administrator, control_aws, control_cluster, control_kube, control_logs, control_many, control_mfa,
    control_portals, control_roles, control_way,
};

/// Every endpoint with one line of help.
const HELP: &[(&str, &str)] = &[
    ("GET /_control", "this list"),
    ("GET /_control/addresses", "all addresses"),
    ("GET /_control/pending", "the user codes that wait for the person"),
    ("POST /_control/approve", "{\"user_code\"?} approve one code or all that wait"),
    ("POST /_control/deny", "{\"user_code\"?} deny one code or all that wait"),
    ("POST /_control/auto-approve", "{\"on\": bool} approve every request"),
    ("GET /_control/calls", "counts by operation; ?operation= for one of them"),
    ("GET /_control/console", "the sign-ins to the AWS console"),
    ("GET /_control/journal", "every answered request with the reason of a refusal"),
    ("POST /_control/reset-calls", "forget the counts and the journal"),
    (
        "POST /_control/fault",
        "{\"service\"?, \"operation\"?, \"times\"?, \"kind\": latency|error|throttled|body|garbage|cut-before|cut-after|cut-mid-body|hang|hold|endless|dripping|pages-without-end|cut-chunks|too-short|redirect|words, \"fresh\"?, \"location\"?, \"words\"?, \"only\"?, \"milliseconds\"?, \"status\"?, \"code\"?, \"message\"?, \"content_type\"?, \"body\"?}",
    ),
    ("POST /_control/throttle", "{\"service\", \"per_second\": number or null}"),
    ("POST /_control/reachable", "{\"service\", \"open\": bool} close a port or open it again"),
    ("POST /_control/release-answers", "release the answers that faults of the kind hold keep"),
    ("POST /_control/clear-faults", "remove all faults, throttles and handshakes, and open all ports"),
    ("POST /_control/clock", "{\"offset_seconds\"?, \"date_shift_seconds\"?}"),
    ("POST /_control/end-session", "end every portal session"),
    ("POST /_control/expire-access-tokens", "revoke every access token"),
    ("POST /_control/revoke-refresh-tokens", "revoke every refresh token"),
    ("POST /_control/expire-registrations", "end every client registration"),
    (
        "POST /_control/start-page",
        "{\"region\"?, \"silent\"?: bool, \"missing\"?: bool} which region it names; the true one with {}",
    ),
    ("POST /_control/mint", "{\"account\", \"permission_set\"} role credentials"),
    ("POST /_control/expire-role-credentials", "let all minted credentials expire"),
    ("POST /_control/forget-role-credentials", "invalidate all minted credentials"),
    ("POST /_control/deny-action", "{\"permission_set\"? , \"action\"}"),
    ("POST /_control/allow-action", "{\"permission_set\"? , \"action\"} whatever the policies say"),
    ("POST /_control/allow-actions", "remove all denials"),
    ("POST /_control/settings", "{name: number, …}: lifetimes, intervals, page_size"),
    ("POST /_control/account", "{\"id\", \"name\"?, \"email\"?, \"permission_sets\": […]} add or replace"),
    ("DELETE /_control/account/<id>", "remove all assignments in an account"),
    ("POST /_control/cluster/<name>/object", "a Kubernetes object: create or replace"),
    ("DELETE /_control/cluster/<name>/object", "?kind=&namespace=&name="),
];

/// Answers a request.
pub(crate) fn handle(shared: &std::sync::Arc<Shared>, request: &Request) -> Reply {
    let control = Control::new(std::sync::Arc::clone(shared));
    let segments = request.segments();
    let path: Vec<&str> = segments.iter().skip(1).map(String::as_str).collect();
    let input = request.json().unwrap_or(Value::Null);
    let answer = match request.method.as_str() {
        "GET" => read(shared, &control, &path, request),
        "POST" => person(&control, &path, &input)
            .or_else(|| trouble(&control, &path, &input))
            .or_else(|| signed_in(&control, &path, &input))
            .or_else(|| control_way::handle(&control, &path, &input))
            .or_else(|| control_cluster::handle(&control, &path, &input))
            .or_else(|| control_kube::handle(&control, &path, &input))
            .or_else(|| control_aws::handle(&control, &path, &input))
            .or_else(|| control_administrator::handle(&control, &path, &input))
            .or_else(|| control_mfa::handle(&control, &path, &input))
            .or_else(|| control_portals::handle(&control, &path, &input))
            .or_else(|| control_roles::handle(&control, &path, &input))
            .or_else(|| control_logs::handle(&control, &path, &input))
            .or_else(|| control_many::handle(&control, &path, &input))
            .or_else(|| world(&control, &path, &input)),
        "DELETE" => delete(&control, &path, request),
        _ => None,
    };
    match answer {
        Some(Ok(value)) => Reply::json(200, &value),
        Some(Err(message)) => Reply::json(400, &json!({"error": message})),
        None => Reply::json(404, &json!({"error": "no such control", "see": "GET /_control"})),
    }
}

type Answer = Option<Result<Value, String>>;

fn done(changed: bool) -> Answer {
    Some(if changed { Ok(json!({"ok": true})) } else { Err("there is nothing of that name".to_owned()) })
}

fn always(change: impl FnOnce()) -> Answer {
    change();
    done(true)
}

fn text(input: &Value, name: &str) -> Option<String> {
    input[name].as_str().map(str::to_owned)
}

fn read(shared: &Shared, control: &Control, path: &[&str], request: &Request) -> Answer {
    let value = match path {
        [] => HELP
            .iter()
            .chain(control_way::HELP)
            .chain(control_cluster::HELP)
            .chain(control_kube::HELP)
            .chain(control_aws::HELP)
            .chain(control_administrator::HELP)
            .chain(control_mfa::HELP)
            .chain(control_portals::HELP)
            .chain(control_roles::HELP)
            .chain(control_logs::HELP)
            .chain(control_many::HELP)
            .map(|(endpoint, help)| ((*endpoint).to_owned(), json!(help)))
            .collect(),
        ["addresses"] => crate::addresses(shared),
        ["pending"] => json!({"pending": control.pending()}),
        ["calls"] => match request.parameter("operation") {
            Some(operation) => json!({"operation": operation, "calls": control.calls(&operation)}),
            None => json!({"calls": control.counts(), "refresh_token_reuses": control.refresh_token_reuses()}),
        },
        ["console"] => {
            let shown = control.console_sign_ins().into_iter().map(|it| {
                json!({"caller_arn": it.caller_arn, "destination": it.destination, "issuer": it.issuer, "seconds": it.seconds})
            });
            json!({"console": shown.collect::<Vec<_>>()})
        }
        ["forwards"] => forwards(&control.traffic()),
        ["journal"] => {
            let shown = control.journal().into_iter().map(|call| {
                json!({"service": call.service, "operation": call.operation, "line": call.line, "status": call.status, "remark": call.remark})
            });
            json!({"journal": shown.collect::<Vec<_>>()})
        }
        _ => return None,
    };
    Some(Ok(value))
}

fn forwards(traffic: &Traffic) -> Value {
    let counts = |counts: &BTreeMap<String, Counts>| -> Value {
        let one = |(name, it): (&String, &Counts)| {
            (name.clone(), json!({"opened": it.opened, "open": it.open, "received": it.received, "sent": it.sent}))
        };
        counts.iter().map(one).collect::<serde_json::Map<String, Value>>().into()
    };
    json!({
        "sessions": counts(&traffic.sessions),
        "connections": counts(&traffic.connections),
        "hopeless_streams": traffic.hopeless_streams,
        "given_up": traffic.given_up,
    })
}

fn person(control: &Control, path: &[&str], input: &Value) -> Answer {
    let code = text(input, "user_code");
    match path {
        ["approve"] => Some(Ok(json!({"approved": control.approve(code.as_deref())}))),
        ["deny"] => Some(Ok(json!({"denied": control.deny(code.as_deref())}))),
        ["auto-approve"] => always(|| control.approve_device_codes(input["on"].as_bool().unwrap_or(true))),
        ["reset-calls"] => always(|| control.reset_calls()),
        _ => None,
    }
}

fn trouble(control: &Control, path: &[&str], input: &Value) -> Answer {
    match path {
        ["fault"] => Some(fault(input).map(|fault| {
            control.fault(fault);
            json!({"ok": true})
        })),
        ["throttle"] => {
            let per_second = input["per_second"].as_u64().and_then(|number| usize::try_from(number).ok());
            let service = text(input, "service");
            Some(service.ok_or_else(|| "service is missing".to_owned()).map(|service| {
                control.throttle(&service, per_second);
                json!({"ok": true})
            }))
        }
        ["reachable"] => done(
            control.reachable(&text(input, "service").unwrap_or_default(), input["open"].as_bool().unwrap_or(true)),
        ),
        ["release-answers"] => {
            let held = control.held_answers();
            control.release_answers();
            Some(Ok(json!({"released": held})))
        }
        ["clear-faults"] => always(|| control.clear_faults()),
        ["clock"] => {
            if let Some(seconds) = input["offset_seconds"].as_i64() {
                control.set_clock_offset(seconds);
            }
            if let Some(seconds) = input["date_shift_seconds"].as_i64() {
                control.set_date_shift(seconds);
            }
            Some(Ok(json!({"now": control.now()})))
        }
        _ => None,
    }
}

fn fault(input: &Value) -> Result<Fault, String> {
    let status = input["status"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(500);
    let or = |name: &str, default: &str| text(input, name).unwrap_or_else(|| default.to_owned());
    let kind = match or("kind", "error").as_str() {
        "latency" => FaultKind::Latency(input["milliseconds"].as_u64().unwrap_or(1000)),
        "error" => FaultKind::Error {
            status,
            code: or("code", "InternalServerException"),
            message: or("message", "something went wrong"),
        },
        "body" => FaultKind::Body { status, content_type: or("content_type", "text/html"), body: or("body", "") },
        "throttled" => FaultKind::Throttled,
        "garbage" => FaultKind::Garbage,
        "cut-before" => FaultKind::CutBefore,
        "cut-after" => FaultKind::CutAfter,
        "cut-mid-body" => FaultKind::CutMidBody,
        "hang" => FaultKind::Hang,
        "hold" => FaultKind::Hold,
        "endless" => FaultKind::Endless { status },
        "dripping" => FaultKind::Dripping { status, milliseconds: input["milliseconds"].as_u64().unwrap_or(1000) },
        "cut-chunks" => FaultKind::CutChunks,
        "too-short" => FaultKind::TooShort,
        "redirect" => {
            FaultKind::Redirect { status: if status == 500 { 302 } else { status }, location: text(input, "location") }
        }
        "words" => FaultKind::Words {
            words: or("words", "\u{1b}[2J"),
            only: input["only"].as_u64().and_then(|only| usize::try_from(only).ok()),
        },
        "pages-without-end" => FaultKind::PagesWithoutEnd { fresh: input["fresh"].as_bool().unwrap_or(false) },
        other => return Err(format!("there is no fault of the kind '{other}'")),
    };
    let times = input["times"].as_u64().and_then(|times| u32::try_from(times).ok());
    Ok(Fault { service: or("service", "*"), operation: or("operation", "*"), times, kind })
}

fn signed_in(control: &Control, path: &[&str], input: &Value) -> Answer {
    match path {
        ["end-session"] => always(|| control.end_session()),
        ["expire-access-tokens"] => always(|| control.expire_access_tokens()),
        ["revoke-refresh-tokens"] => always(|| control.revoke_refresh_tokens()),
        ["expire-registrations"] => always(|| control.expire_registrations()),
        ["expire-role-credentials"] => always(|| control.expire_role_credentials()),
        ["forget-role-credentials"] => always(|| control.forget_role_credentials()),
        ["allow-actions"] => always(|| control.allow_actions()),
        ["deny-action"] => {
            let action = text(input, "action").unwrap_or_default();
            always(|| control.deny_action(&text(input, "permission_set").unwrap_or_else(|| "*".to_owned()), &action))
        }
        ["allow-action"] => {
            let action = text(input, "action").unwrap_or_default();
            always(|| control.allow_action(&text(input, "permission_set").unwrap_or_else(|| "*".to_owned()), &action))
        }
        ["start-page"] => {
            let is = |name: &str| input[name].as_bool().unwrap_or(false);
            let page = match text(input, "region") {
                Some(region) => StartPage::Region(region),
                None if is("silent") => StartPage::Silent,
                None if is("missing") => StartPage::Missing,
                None => StartPage::True,
            };
            always(|| control.set_start_page(page))
        }
        ["mint"] => match (text(input, "account"), text(input, "permission_set")) {
            (Some(account), Some(permission_set)) => Some(Ok(minted(&control.mint(&account, &permission_set)))),
            _ => Some(Err("account and permission_set are needed".to_owned())),
        },
        _ => None,
    }
}

fn minted(credentials: &Credentials) -> Value {
    json!({
        "access_key_id": credentials.access_key_id,
        "secret_access_key": credentials.secret_access_key,
        "session_token": credentials.session_token,
        "expiration": credentials.expiration,
        "role_arn": credentials.role_path_arn(),
        "caller_arn": credentials.caller_arn(),
    })
}

fn world(control: &Control, path: &[&str], input: &Value) -> Answer {
    match path {
        ["settings"] => {
            let mut unknown = None;
            control.settings(|settings| {
                for (name, value) in input.as_object().into_iter().flatten() {
                    if !value.as_i64().is_some_and(|value| settings.set(name, value)) {
                        unknown = Some(format!("there is no setting '{name}', or its value is no number"));
                    }
                }
            });
            Some(unknown.map_or_else(|| Ok(json!({"ok": true})), Err))
        }
        ["account"] => Some(account(input).map(|account| {
            control.put_account(account);
            json!({"ok": true})
        })),
        ["cluster", name, "object"] => {
            let named = input["kind"].is_string() && input["metadata"]["name"].is_string();
            if named { done(control.apply(name, input.clone())) } else { Some(Err("no Kubernetes object".to_owned())) }
        }
        _ => None,
    }
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

/// An account, as the controls take it.
pub(crate) fn account(input: &Value) -> Result<Account, String> {
    let id = text(input, "id").filter(|id| id.len() == 12).ok_or("id must be twelve digits")?;
    Ok(Account {
        id,
        name: text(input, "name"),
        email: text(input, "email"),
        permission_sets: texts(&input["permission_sets"]),
    })
}

fn delete(control: &Control, path: &[&str], request: &Request) -> Answer {
    let parameter = |name: &str| request.parameter(name).unwrap_or_default();
    match path {
        ["account", id] => always(|| control.remove_account(id)),
        ["cluster", name, "object"] => {
            done(control.delete(name, &parameter("kind"), &parameter("namespace"), &parameter("name")))
        }
        _ => None,
    }
}
