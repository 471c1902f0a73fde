//! The credentials that are sent with every request. They come from files, never from the command line.

use std::{fs, path::Path};

use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::Failure;
use dateline_gateway::config::fields;

/// No key is longer, and no file of fields.
const LONGEST: u64 = 64 << 10;

/// Fields that the gateway sets by itself.
const OWN: [HeaderName; 6] = [
    header::HOST,
    header::CONTENT_LENGTH,
    header::CONNECTION,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::ACCEPT_ENCODING,
];

/// The fields of a token file and of a file of fields, all of them sensitive.
///
/// # Errors
/// A [`Failure`] that says what is wrong with a file, and nothing of what it holds.
pub(super) fn read(
    token: Option<&Path>,
    more: Option<&Path>,
    versions: &[HeaderName],
) -> Result<HeaderMap, Failure> {
    let mut headers = match more {
        Some(path) => {
            let headers = fields(&file(path)?).map_err(|error| refused(path, error))?;
            let own = headers.keys().find(|name| OWN.contains(name));
            if let Some(version) = versions.iter().find(|version| headers.contains_key(*version)) {
                return Err(refused(path, format_args!("{version} is what --pin is for")));
            }
            if let Some(name) = own {
                return Err(refused(path, format_args!("{name} is not taken from a file")));
            }
            headers
        }
        None => HeaderMap::new(),
    };
    if let Some(path) = token {
        let bytes = file(path)?;
        let token = bytes.trim_ascii();
        let is_token = !token.is_empty() && token.iter().all(u8::is_ascii_graphic);
        let value = HeaderValue::from_bytes(&[b"Bearer ", token].concat()).ok().filter(|_| is_token);
        let mut value = value
            .ok_or_else(|| refused(path, "not a token: printable ASCII without spaces, and nothing else"))?;
        value.set_sensitive(true);
        if headers.insert(header::AUTHORIZATION, value).is_some() {
            return Err(refused(path, "--header-file has an Authorization, too"));
        }
    }
    Ok(headers)
}

fn file(path: &Path) -> Result<Vec<u8>, Failure> {
    let length = fs::metadata(path).map_err(|problem| refused(path, problem))?.len();
    if length > LONGEST {
        return Err(refused(path, "too long for credentials"));
    }
    fs::read(path).map_err(|problem| refused(path, problem))
}

fn refused(path: &Path, why: impl std::fmt::Display) -> Failure {
    Failure::Usage(format!("{}: {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_texts(token: Option<&str>, fields: Option<&str>) -> Result<HeaderMap, String> {
        let folder = tempfile::tempdir().unwrap();
        let written = |name: &str, text: Option<&str>| {
            text.map(|text| {
                let path = folder.path().join(name);
                fs::write(&path, text).unwrap();
                path
            })
        };
        let (token, fields) = (written("token", token), written("fields", fields));
        let version = HeaderName::from_static("api-version-date");
        let read =
            read(token.as_deref(), fields.as_deref(), &[version]).map_err(|failure| failure.to_string());
        read.map_err(|text| text.replace(folder.path().to_str().unwrap(), ""))
    }

    #[test]
    fn a_key_and_fields_are_read_and_never_shown() {
        let headers =
            read_texts(Some(" canary \n"), Some("# ours\nX-Tenant: canary 7\n\nX-Tenant: 8\r\n")).unwrap();
        assert_eq!(headers[header::AUTHORIZATION], "Bearer canary");
        let tenants: Vec<_> = headers.get_all("x-tenant").iter().collect();
        assert_eq!(tenants, ["canary 7", "8"]);
        assert!(!format!("{headers:?}").contains("canary"));
        assert!(read_texts(None, None).unwrap().is_empty());
    }

    #[test]
    fn what_is_wrong_is_told_without_what_stands_there() {
        for (token, fields, told) in [
            (Some("can ary"), None, "/token: not a token: printable ASCII without spaces, and nothing else"),
            (Some(""), None, "/token: not a token: printable ASCII without spaces, and nothing else"),
            (None, Some("x: 1\ncanary\n"), "/fields: line 2 is not `name: value`"),
            (None, Some("Api-Version-Date: 2025-01-01"), "/fields: api-version-date is what --pin is for"),
            (None, Some("Host: canary"), "/fields: host is not taken from a file"),
            (Some("x"), Some("Authorization: y"), "/token: --header-file has an Authorization, too"),
        ] {
            assert_eq!(read_texts(token, fields).unwrap_err(), told);
        }
        let long = "x".repeat(LONGEST as usize + 1);
        assert_eq!(read_texts(Some(&long), None).unwrap_err(), "/token: too long for credentials");
        let missing = read(Some(Path::new("no/such/file")), None, &[]).unwrap_err().to_string();
        assert!(missing.starts_with("no/such/file: "), "{missing}");
    }
}
