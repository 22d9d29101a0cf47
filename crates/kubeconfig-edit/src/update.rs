//! Updating an item of the entry: only fields that are wrong are written, everything around them stays.

use yaml_splice::text::{self, Splice};
use yaml_splice::{Kind, NodeId, ScalarStyle, scalar};

use crate::item::File;
use crate::render::{BlockStyle, Field, FlowStyle, Value};
use crate::{Error, List};

impl File<'_> {
    /// What makes an item as wanted.
    pub(crate) fn update_item(
        &self,
        root: NodeId,
        item: NodeId,
        list: List,
        fields: &[Field],
    ) -> Result<Vec<Splice>, Error> {
        let style = self.style(root, list);
        let wanted = [(list.inner(), Value::Fields(fields.to_vec()))];
        let update = Update { file: self, style, root };
        let mut splices = Vec::new();
        if !update.is(item, &Value::Fields(wanted.to_vec())) && self.document.resolve(item) != item {
            self.refuse_properties(item)?;
        }
        update.map(item, &wanted, &mut splices)?;
        Ok(splices)
    }

    /// What makes these fields of a mapping in a list as wanted.
    pub(crate) fn update_fields(
        &self,
        root: NodeId,
        map: NodeId,
        list: List,
        wanted: &[Field],
    ) -> Result<Vec<Splice>, Error> {
        let update = Update { file: self, style: self.style(root, list), root };
        let mut splices = Vec::new();
        update.map(map, wanted, &mut splices)?;
        Ok(splices)
    }

    /// What makes a scalar this text. `None` when it is already.
    pub(crate) fn set_scalar(&self, key: NodeId, value: NodeId, wanted: &str) -> Result<Option<Vec<Splice>>, Error> {
        let empty = wanted.is_empty() && self.document.is_null(value);
        if empty || scalar::is_text(&self.document, value, wanted) {
            return Ok(None);
        }
        let node = self.document.node(value);
        if matches!(node.kind, Kind::Alias(_)) || node.tag.is_some() {
            self.refuse_properties(value)?;
        }
        match &node.kind {
            Kind::Scalar { style: ScalarStyle::Literal | ScalarStyle::Folded, .. } => {
                Err(self.refuse(key, "the value is a block of text (`|` or `>`); write it on one line"))
            }
            Kind::Scalar { value: old, style } => {
                let natural = if self.is_in_flow(node.start) { scalar::flow } else { scalar::block };
                // Quotes that were not needed are the person's style.
                let keeps_quotes = *style == ScalarStyle::DoubleQuoted && !natural(old).starts_with('"');
                let json = self.is_quoted(key) && self.is_in_flow(node.start);
                let text = if keeps_quotes || json { scalar::quoted(wanted) } else { natural(wanted) };
                if node.start < node.end && !(node.anchored && node.start == node.full_start) {
                    return Ok(Some(vec![Splice { range: node.start..node.end, text }]));
                }
                self.refuse_properties(value)?;
                let at = self.after_colon(key)?;
                Ok(Some(vec![Splice { range: at..at, text: format!(" {text}") }]))
            }
            _ => Err(self.refuse(value, "this is not a plain value; write it as `key: value`")),
        }
    }
}

struct Update<'a> {
    file: &'a File<'a>,
    style: BlockStyle,
    root: NodeId,
}

impl Update<'_> {
    fn map(&self, map: NodeId, wanted: &[Field], splices: &mut Vec<Splice>) -> Result<(), Error> {
        let file = self.file;
        let mut missing: Vec<Field> = Vec::new();
        let replaced = self.certificate_file(map, wanted, splices)?;
        for field in wanted {
            let (key, value) = field;
            if replaced == Some(*key) {
                continue;
            }
            match (file.pair(map, key)?, file.document.merged(map, key)) {
                (Some((key, found)), _) => self.value(key, found, value, splices)?,
                (None, Some(found)) if self.is(found, value) => {}
                (None, Some(found)) => {
                    let reason = format!(
                        "`{key}` of the entry comes from here by a merge key (`<<`); write it out in the entry"
                    );
                    return Err(file.refuse(found, reason));
                }
                (None, None) if *value == Value::False || matches!(value, Value::Texts(texts) if texts.is_empty()) => {}
                (None, None) => missing.push(field.clone()),
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        if matches!(file.document.node(map).kind, Kind::Alias(_)) {
            file.refuse_properties(map)?;
        }
        if !file.document.node(map).flow {
            splices.push(file.insert_fields(self.style, map, &missing)?);
            return Ok(());
        }
        let style = self.flow(map);
        let members: Vec<String> = missing.iter().map(|field| style.field(field)).collect();
        splices.push(file.insert_member(map, style.compact, &members.join(if style.compact { "," } else { ", " })));
        Ok(())
    }

    fn flow(&self, map: NodeId) -> FlowStyle {
        FlowStyle { lines: None, ..self.file.flow_style(Some(map), self.root) }
    }

    fn value(&self, key: NodeId, found: NodeId, wanted: &Value, splices: &mut Vec<Splice>) -> Result<(), Error> {
        let file = self.file;
        if self.is(found, wanted) {
            return Ok(());
        }
        let node = file.document.node(found);
        match (wanted, &node.kind) {
            (Value::Fields(fields), Kind::Mapping(pairs)) if !pairs.is_empty() || node.flow => {
                self.map(found, fields, splices)
            }
            (Value::Fields(_) | Value::Texts(_), _) => self.collection(key, found, wanted, splices),
            (Value::Text(text), _) => {
                splices.extend(file.set_scalar(key, found, text)?.unwrap_or_default());
                Ok(())
            }
            (Value::False, _) => {
                file.refuse_properties(found)?;
                let at = if node.start < node.end { node.start } else { file.after_colon(key)? };
                let gap = if node.start < node.end { "" } else { " " };
                splices.push(Splice { range: at..node.end.max(at), text: format!("{gap}false") });
                Ok(())
            }
        }
    }

    /// Replaces a whole value by a list or a mapping, in flow style where it was, or where everything around is.
    fn collection(&self, key: NodeId, found: NodeId, wanted: &Value, splices: &mut Vec<Splice>) -> Result<(), Error> {
        let file = self.file;
        file.refuse_properties(found)?;
        let node = file.document.node(found);
        let nothing = file.document.is_null(found);
        let is_collection = matches!(node.kind, Kind::Sequence(_) | Kind::Mapping(_));
        if !nothing && !is_collection {
            return Err(file.refuse(found, "expected a list or a mapping here; delete this value"));
        }
        if let (Value::Texts(texts), Kind::Sequence(items), false) = (wanted, &node.kind, node.flow)
            && let (Some(first), false) = (items.first(), texts.is_empty())
        {
            let dash = file.dash(*first)?;
            let text = self.style.texts(texts, text::column(file.text, dash));
            // The line ends behind a block of text are part of it.
            let end = file.text[..node.end].trim_end_matches([' ', '\t', '\n', '\r']).len().max(dash);
            splices.push(Splice { range: dash..end, text });
            return Ok(());
        }
        let at = file.after_colon(key)?;
        if node.flow || file.is_in_flow(at) || file.text[at..node.end.max(at)].contains('#') {
            let gap = if node.start < node.end { "" } else { " " };
            let text = format!("{gap}{}", self.flow(self.root).value(wanted));
            splices.push(Splice { range: node.start..node.end, text });
            return Ok(());
        }
        let text = self.style.after_colon(wanted, file.column(key));
        match text.strip_prefix(self.style.line_break).filter(|_| nothing) {
            // A comment behind the null stays on its line.
            Some(lines) => {
                splices.push(Splice { range: at..node.end.max(at), text: String::new() });
                splices.push(text::insert_lines(file.text, file.after(found, file.column(key))?, lines));
            }
            None => splices.push(Splice { range: at..node.end.max(at), text }),
        }
        Ok(())
    }

    /// Beside `certificate-authority-data` a `certificate-authority` (a file) counts for nothing and misleads: the data
    /// take its place. Returns the key that is written in this way.
    fn certificate_file(
        &self,
        map: NodeId,
        wanted: &[Field],
        splices: &mut Vec<Splice>,
    ) -> Result<Option<&'static str>, Error> {
        const FILE: &str = "certificate-authority";
        const DATA: &str = "certificate-authority-data";
        let file = self.file;
        let Some((_, Value::Text(data))) = wanted.iter().find(|(key, _)| *key == DATA) else { return Ok(None) };
        let Some((key, value)) = file.pair(map, FILE)? else {
            return match file.document.merged(map, FILE) {
                Some(merged) => Err(file.refuse(
                    merged,
                    format!("`{FILE}` of the entry comes from here by a merge key (`<<`); write the entry out"),
                )),
                None => Ok(None),
            };
        };
        if file.pair(map, DATA)?.is_none() {
            let node = file.document.node(key);
            let name = if file.is_quoted(key) { scalar::quoted(DATA) } else { DATA.to_owned() };
            file.refuse_properties(key)?;
            splices.push(Splice { range: node.start..node.end, text: name });
            splices.extend(file.set_scalar(key, value, data)?.unwrap_or_default());
            return Ok(Some(DATA));
        }
        if file.document.node(map).flow {
            let number = file.document.pairs(map).iter().position(|pair| pair.0 == key).unwrap_or_default();
            splices.extend(file.remove_member(map, number));
        } else {
            let range = file.lines(file.document.node(key).full_start, value)?;
            splices.push(Splice { range, text: String::new() });
        }
        Ok(None)
    }

    /// Whether a value reads as wanted; extra fields do no harm.
    fn is(&self, found: NodeId, wanted: &Value) -> bool {
        let document = &self.file.document;
        match wanted {
            Value::Text(text) => scalar::is_text(document, found, text),
            Value::False => scalar::is_false(document, found),
            Value::Texts(texts) => {
                let items = document.items(found);
                let is_list = matches!(document.node(document.resolve(found)).kind, Kind::Sequence(_));
                is_list
                    && items.len() == texts.len()
                    && items.iter().zip(texts).all(|(item, text)| scalar::is_text(document, *item, text))
            }
            Value::Fields(fields) => {
                let keeps_file = fields.iter().any(|field| field.0 == "certificate-authority-data")
                    && document.get(found, "certificate-authority").is_some();
                !keeps_file
                    && fields.iter().all(|(key, value)| {
                        document.own(found, key).len() < 2
                            && document.get(found, key).map_or(*value == Value::False, |id| self.is(id, value))
                    })
            }
        }
    }
}
