//! `--flow browser`: the page comes back to a listener on this machine.

use crate::support::http::{self, Answer};
use crate::support::process::Running;
use crate::support::{World, until};

/// A login in the browser flow, and the page that it wants opened. The browser of the environment is a script that
/// only writes the page down; the test is the one who browses.
fn started(world: &mut World) -> (Running, String) {
    let script =
        world.script("bin/browser", "printf '%s' \"$1\" > \"$HOME/.page\" && mv \"$HOME/.page\" \"$HOME/page\"");
    world.set("BROWSER", &script.display().to_string());
    let login = world.login("idp-dev --flow browser").spawn();
    let page = until("the browser", || std::fs::read_to_string(world.path("page")).ok());
    (login, page)
}

fn parameter<'a>(url: &'a str, name: &str) -> &'a str {
    let found = url.split(['?', '&']).find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    found.unwrap_or_else(|| panic!("{name} is not in {url}"))
}

/// The address that the service sends the browser back to.
fn callback(answer: &Answer) -> String {
    assert_eq!(answer.status, 302, "{answer:?}");
    answer.header("location").expect("a location").to_owned()
}

#[test]
fn the_person_approves_and_the_browser_comes_back() {
    let mut world = World::new();
    let (login, page) = started(&mut world);
    let redirect = parameter(&page, "redirect_uri");
    assert!(redirect.starts_with("http%3A%2F%2F127.0.0.1%3A") && redirect.ends_with("%2Foauth%2Fcallback"), "{page}");
    assert_eq!(parameter(&page, "code_challenge_method"), "S256");
    let back = http::get(&callback(&http::get(&page)));
    assert_eq!(back.status, 200);
    assert!(back.body.contains("You are signed in"), "{}", back.body);
    login.finish().success().says("✓ session").says_not("    code   ");
    assert_eq!(world.control().calls("CreateToken:authorization_code"), 1);
    let registrations = world.files();
    let text = registrations.0.values().map(|(_, content)| String::from_utf8_lossy(content)).collect::<String>();
    assert!(text.contains(r#""grantTypes": ["authorization_code", "refresh_token"]"#), "as the AWS CLI stores it");
}

#[test]
fn strangers_at_the_listener_are_answered_404_and_forgotten() {
    let mut world = World::new();
    let (login, page) = started(&mut world);
    let back = callback(&http::get(&page));
    let listener = back.split("/oauth/").next().expect("an address").to_owned();
    let state = parameter(&back, "state");
    for foreign in [
        "/".to_owned(),
        "/favicon.ico".to_owned(),
        "/oauth/callback".to_owned(),
        "/oauth/callback?code=evil".to_owned(),
        "/oauth/callback?code=evil&state=guessed".to_owned(),
        "/oauth/callback?error=access_denied&state=guessed".to_owned(),
        format!("/other?code=evil&state={state}"),
    ] {
        assert_eq!(http::get(&format!("{listener}{foreign}")).status, 404, "{foreign}");
    }
    assert_eq!(http::get(&back).status, 200);
    login.finish().success().says("✓ session");
}

#[test]
fn a_refusal_on_the_page_ends_the_wait() {
    let mut world = World::new();
    world.control().approve_device_codes(false);
    let (login, page) = started(&mut world);
    let redirect = parameter(&page, "redirect_uri").replace("%3A", ":").replace("%2F", "/");
    let state = parameter(&page, "state");
    assert_eq!(http::get(&format!("{redirect}?error=access_denied&state={state}")).status, 200);
    login.finish().exits(3).one_error().says("error: the sign-in was denied in the browser\nbecause: access_denied");
    assert!(world.token_file().is_none());
}

#[test]
fn a_code_that_the_service_does_not_take_is_an_error() {
    let mut world = World::new();
    let (login, page) = started(&mut world);
    let redirect = parameter(&page, "redirect_uri").replace("%3A", ":").replace("%2F", "/");
    let state = parameter(&page, "state");
    assert_eq!(http::get(&format!("{redirect}?code=forged&state={state}")).status, 200);
    login.finish().exits(1).one_error().says("CreateToken returned InvalidGrantException");
}

#[test]
fn a_session_of_the_browser_flow_renews_itself_too() {
    let mut world = World::new();
    let (login, page) = started(&mut world);
    http::get(&callback(&http::get(&page)));
    login.finish().success();
    crate::sign_in::age_token(&world);
    world.run("login idp-test").success();
    assert_eq!(world.control().calls("CreateToken:refresh_token"), 1);
}

#[test]
fn the_setting_chooses_the_flow() {
    let mut world = World::new();
    world.run("config set flow browser").success();
    let script =
        world.script("bin/browser", "printf '%s' \"$1\" > \"$HOME/.page\" && mv \"$HOME/.page\" \"$HOME/page\"");
    world.set("BROWSER", &script.display().to_string());
    let login = world.login("idp-dev").spawn();
    let page = until("the browser", || std::fs::read_to_string(world.path("page")).ok());
    assert!(page.contains("/authorize?"), "{page}");
    http::get(&callback(&http::get(&page)));
    login.finish().success();
}
