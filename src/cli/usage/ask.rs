//! Asks a running gateway, on its admin listener.

use std::{net::SocketAddr, time::Duration};

use http::{Request, StatusCode, header};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::{day::Day, usage::Report};

/// How long the whole answer may take.
const LIMIT: Duration = Duration::from_secs(30);

/// More than a year of usage has.
const LONGEST: usize = 256 << 20;

/// What the gateway has kept since a day; or what is wrong, to go behind "and".
pub(super) fn usage(address: SocketAddr, token: Option<&str>, since: Day) -> Result<Report, String> {
    let unreachable = |problem: &dyn std::fmt::Display| {
        format!("{address} (admin.address) does not answer as a gateway does: {problem}")
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|problem| problem.to_string())?;
    let asked = runtime.block_on(async { tokio::time::timeout(LIMIT, get(address, token, since)).await });
    let (status, body) =
        asked.map_err(|_| unreachable(&"it takes too long"))?.map_err(|error| unreachable(&error))?;
    let text = || {
        String::from_utf8_lossy(&body).trim().chars().filter(|char| !char.is_control()).collect::<String>()
    };
    match status {
        StatusCode::OK => {}
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            let how = "the token goes into DATELINE_ADMIN_TOKEN or --token-file";
            return Err(format!("the gateway at {address} refuses: {}; {how}", text()));
        }
        other => return Err(unreachable(&other)),
    }
    let answer: Value = serde_json::from_slice(&body).map_err(|error| unreachable(&error))?;
    if let Some(report) = Report::from_json(&answer["usage"]) {
        return Ok(report);
    }
    match (answer["error"].as_str(), answer["store"]["state"].as_str()) {
        (Some(error), _) => Err(format!("the gateway at {address} cannot read it: {error}")),
        (None, Some("off")) => Err(format!("the gateway at {address} is another: it keeps no usage")),
        _ => Err(unreachable(&"not what is told of usage")),
    }
}

type Failed = Box<dyn std::error::Error + Send + Sync>;

async fn get(address: SocketAddr, token: Option<&str>, since: Day) -> Result<(StatusCode, Vec<u8>), Failed> {
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let mut request =
        Request::get(format!("/api/usage?since={since}")).header(header::HOST, address.to_string());
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let request = request.body(Empty::<bytes::Bytes>::new())?;
    let asked = async {
        let (head, body) = sender.send_request(request).await?.into_parts();
        Ok((head.status, Limited::new(body, LONGEST).collect().await?.to_bytes().to_vec()))
    };
    tokio::select! {
        answer = asked => answer,
        ended = connection => Err(ended.err().map_or("it broke off".into(), Failed::from)),
    }
}
