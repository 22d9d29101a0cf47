//! A browser for scripts: it opens a page of the sandbox, presses Approve, and follows redirects.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// Opens a page and presses Approve.
pub(crate) fn approve(url: &str) -> Result<(), String> {
    let page = fetch("GET", url, "")?;
    if page.status == 302 {
        return follow(&page);
    }
    let (name, value) = hidden_field(&page.body).ok_or_else(|| format!("status {}: no form on {url}", page.status))?;
    let (address, path) = split(url)?;
    let action = path.split('?').next().unwrap_or("/");
    let answer = fetch("POST", &format!("http://{address}{action}"), &format!("{name}={value}&action=approve"))?;
    match answer.status {
        302 => follow(&answer),
        200 => Ok(()),
        status => Err(format!("approving was answered with status {status}")),
    }
}

fn follow(answer: &Answer) -> Result<(), String> {
    let location = answer.location.as_deref().ok_or("a redirection to nowhere")?;
    let landed = fetch("GET", location, "")?;
    if landed.status < 400 { Ok(()) } else { Err(format!("the program answered with status {}", landed.status)) }
}

fn hidden_field(page: &str) -> Option<(String, String)> {
    let rest = &page[page.find("type=\"hidden\" name=\"")? + 20..];
    let (name, rest) = rest.split_once('"')?;
    let value = rest.strip_prefix(" value=\"")?.split('"').next()?;
    Some((name.to_owned(), value.to_owned()))
}

struct Answer {
    status: u16,
    location: Option<String>,
    body: String,
}

fn split(url: &str) -> Result<(&str, &str), String> {
    let rest = url.strip_prefix("http://").ok_or_else(|| format!("no loopback URL: {url}"))?;
    Ok(rest.find('/').map_or((rest, "/"), |at| rest.split_at(at)))
}

fn fetch(method: &str, url: &str, form: &str) -> Result<Answer, String> {
    let (address, path) = split(url)?;
    let talk = || -> std::io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
            form.len()
        )?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(answer)
    };
    let bytes = talk().map_err(|error| format!("{url}: {error}"))?;
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n").ok_or("no HTTP answer")?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or("no HTTP status")?;
    let header = |line: &str| {
        line.split_once(": ")
            .filter(|(name, _)| name.eq_ignore_ascii_case("location"))
            .map(|(_, value)| value.to_owned())
    };
    Ok(Answer { status, location: head.lines().find_map(header), body: body.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_found() {
        let page = "<form><input type=\"hidden\" name=\"user_code\" value=\"ABCD-EFGH\"><button>";
        assert_eq!(hidden_field(page), Some(("user_code".into(), "ABCD-EFGH".into())));
        assert_eq!(hidden_field("<p>nothing</p>"), None);
    }
}
