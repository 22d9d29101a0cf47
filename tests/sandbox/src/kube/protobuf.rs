//! The part of protobuf that kubectl needs: its typed clients send reviews in it. They accept JSON answers.

use serde_json::{Value, json};

/// The prefix of Kubernetes' protobuf envelope.
const MAGIC: &[u8] = b"k8s\0";

/// Decodes a review into the equivalent JSON. None for anything else.
pub(crate) fn review(body: &[u8]) -> Option<Value> {
    let envelope = Message::read(body.strip_prefix(MAGIC)?)?;
    let type_meta = envelope.message(1)?;
    let (version, kind) = (type_meta.text(1), type_meta.text(2));
    let raw = envelope.message(2).unwrap_or_default();
    let spec = raw.message(2);
    let mut review = json!({"apiVersion": version, "kind": kind});
    match (kind.as_str(), spec) {
        ("SelfSubjectAccessReview", spec) => review["spec"] = access_spec(&spec.unwrap_or_default()),
        ("SelfSubjectRulesReview", spec) => review["spec"] = json!({"namespace": spec.unwrap_or_default().text(1)}),
        ("SelfSubjectReview", _) => {}
        ("TokenRequest", spec) => review["spec"] = token_spec(&spec.unwrap_or_default()),
        _ => return None,
    }
    Some(review)
}

fn access_spec(spec: &Message) -> Value {
    let mut shown = json!({});
    if let Some(resource) = spec.message(1) {
        let names = ["namespace", "verb", "group", "version", "resource", "subresource", "name"];
        let fields = names.iter().zip(1..).map(|(name, number)| ((*name).to_owned(), json!(resource.text(number))));
        shown["resourceAttributes"] = fields.filter(|(_, value)| *value != json!("")).collect();
    }
    if let Some(path) = spec.message(2) {
        shown["nonResourceAttributes"] = json!({"path": path.text(1), "verb": path.text(2)});
    }
    shown
}

fn token_spec(spec: &Message) -> Value {
    let mut shown = json!({"audiences": spec.texts(1)});
    if let Some(bound) = spec.message(3) {
        let fields = ["kind", "apiVersion", "name", "uid"].iter().zip(1..);
        shown["boundObjectRef"] =
            fields.map(|(name, number)| ((*name).to_owned(), json!(bound.text(number)))).collect();
    }
    if let Some(mut seconds) = spec.field(4) {
        shown["expirationSeconds"] = json!(varint(&mut seconds));
    }
    shown
}

/// A message: its fields by number. A number is still the bytes that it came in.
#[derive(Default)]
struct Message<'body>(Vec<(u64, &'body [u8])>);

impl<'body> Message<'body> {
    fn read(mut bytes: &'body [u8]) -> Option<Message<'body>> {
        let mut fields = Vec::new();
        while !bytes.is_empty() {
            let tag = varint(&mut bytes)?;
            match tag & 7 {
                0 => {
                    let all = bytes;
                    varint(&mut bytes)?;
                    fields.push((tag >> 3, &all[..all.len() - bytes.len()]));
                }
                1 => bytes = bytes.get(8..)?,
                2 => {
                    let length = usize::try_from(varint(&mut bytes)?).ok()?;
                    fields.push((tag >> 3, bytes.get(..length)?));
                    bytes = bytes.get(length..)?;
                }
                5 => bytes = bytes.get(4..)?,
                _ => return None,
            }
        }
        Some(Message(fields))
    }

    fn field(&self, number: u64) -> Option<&'body [u8]> {
        self.0.iter().rev().find(|(candidate, _)| *candidate == number).map(|(_, bytes)| *bytes)
    }

    fn message(&self, number: u64) -> Option<Message<'body>> {
        Message::read(self.field(number)?)
    }

    fn texts(&self, number: u64) -> Vec<String> {
        let all = self.0.iter().filter(|(candidate, _)| *candidate == number);
        all.map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).collect()
    }

    fn text(&self, number: u64) -> String {
        String::from_utf8_lossy(self.field(number).unwrap_or_default()).into_owned()
    }
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(number: u8, content: &[u8]) -> Vec<u8> {
        [&[number << 3 | 2, u8::try_from(content.len()).expect("short")], content].concat()
    }

    #[test]
    fn a_review_comes_out_of_its_envelope() {
        let attributes =
            [field(1, b"idp-dev"), field(2, b"create"), field(5, b"pods"), field(6, b"portforward"), field(7, b"")]
                .concat();
        let review_bytes = [field(1, b""), field(2, &field(1, &attributes)), field(3, &[8, 0])].concat();
        let meta = [field(1, b"authorization.k8s.io/v1"), field(2, b"SelfSubjectAccessReview")].concat();
        let body = [MAGIC, &field(1, &meta), &field(2, &review_bytes), &field(3, b"")].concat();
        let attributes =
            json!({"namespace": "idp-dev", "verb": "create", "resource": "pods", "subresource": "portforward"});
        let expected = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes}});
        assert_eq!(review(&body), Some(expected));
        for length in 0..body.len() {
            let _ = review(&body[..length]);
        }
        assert_eq!(review(b"{}"), None);
    }

    #[test]
    fn a_token_request_comes_out_too() {
        let bound = [field(1, b"Pod"), field(2, b"v1"), field(3, b"web-0"), field(4, b"")].concat();
        let spec = [field(1, b"a"), field(1, b"b"), field(3, &bound), vec![4 << 3, 0xd8, 4]].concat();
        let meta = [field(1, b"authentication.k8s.io/v1"), field(2, b"TokenRequest")].concat();
        let body = [MAGIC, &field(1, &meta), &field(2, &[field(1, b""), field(2, &spec)].concat())].concat();
        let expected = json!({"audiences": ["a", "b"], "expirationSeconds": 600,
            "boundObjectRef": {"kind": "Pod", "apiVersion": "v1", "name": "web-0", "uid": ""}});
        assert_eq!(review(&body).expect("a request")["spec"], expected);
    }
}
