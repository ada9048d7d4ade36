//! JSON-RPC 2.0: requests, parameters, errors.

use jsonrpc_core::{Call, Error, Id, Output, Params, Request, Response, Version};
use serde::{de::DeserializeOwned, Serialize};
use serde_json::Value;

/// What a method answers.
pub(crate) type Outcome = Result<Value, Error>;

/// Wrong parameters, in Agave's words.
pub(crate) fn invalid(why: impl core::fmt::Display) -> Error {
    Error::invalid_params(why.to_string())
}

/// An answer's value.
pub(crate) fn value(answer: impl Serialize) -> Outcome {
    serde_json::to_value(answer).map_err(|_| Error::internal_error())
}

/// A request's parameters, by place.
pub(crate) struct Arguments(Vec<Value>);

impl Arguments {
    fn read(params: Params) -> Result<Self, Error> {
        match params {
            Params::None => Ok(Self(Vec::new())),
            Params::Array(values) => Ok(Self(values)),
            Params::Map(_) => Err(invalid(
                "Invalid params: invalid type: map, expected an array.",
            )),
        }
    }

    /// One that may be missing or null.
    pub(crate) fn maybe<T: DeserializeOwned>(&self, place: usize) -> Result<Option<T>, Error> {
        match self.0.get(place) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => serde_json::from_value(value.clone())
                .map(Some)
                .map_err(|why| invalid(format!("Invalid params: {why}."))),
        }
    }

    /// One that has to be there.
    pub(crate) fn need<T: DeserializeOwned>(&self, place: usize) -> Result<T, Error> {
        self.maybe(place)?.ok_or_else(|| {
            let least = place.saturating_add(1);
            invalid(format!("`params` should have at least {least} argument(s)"))
        })
    }

    /// One that reads as an address, a hash, a signature.
    pub(crate) fn parsed<T>(&self, place: usize) -> Result<T, Error>
    where
        T: core::str::FromStr,
        T::Err: core::fmt::Debug,
    {
        parse(&self.need::<String>(place)?)
    }
}

/// Reads an address, a hash, a signature.
pub(crate) fn parse<T>(text: &str) -> Result<T, Error>
where
    T: core::str::FromStr,
    T::Err: core::fmt::Debug,
{
    text.parse()
        .map_err(|why| invalid(format!("Invalid param: {why:?}")))
}

/// Answers a request's body, each call of it by `answer`; `None` when all of it are
/// notifications.
pub(crate) async fn respond(
    body: &[u8],
    mut answer: impl AsyncFnMut(&str, &Arguments) -> Outcome,
) -> Option<Vec<u8>> {
    let response = match serde_json::from_slice::<Request>(body) {
        Err(_) => Response::from(Error::parse_error(), Some(Version::V2)),
        Ok(Request::Single(call)) => Response::Single(one(call, &mut answer).await?),
        Ok(Request::Batch(calls)) => {
            let mut outputs = Vec::with_capacity(calls.len());
            for call in calls {
                outputs.extend(one(call, &mut answer).await);
            }
            match outputs.is_empty() {
                true => return None,
                false => Response::Batch(outputs),
            }
        }
    };
    serde_json::to_vec(&response).ok()
}

async fn one(
    call: Call,
    answer: &mut impl AsyncFnMut(&str, &Arguments) -> Outcome,
) -> Option<Output> {
    match call {
        Call::MethodCall(call) => {
            let outcome = match Arguments::read(call.params) {
                Ok(arguments) => answer(&call.method, &arguments).await,
                Err(error) => Err(error),
            };
            Some(Output::from(outcome, call.id, call.jsonrpc))
        }
        Call::Notification(_) => None,
        Call::Invalid { id } => Some(Output::invalid_request(id, Some(Version::V2))),
    }
}

/// An error by itself, as the proxy sends it.
pub(crate) fn refusal(id: Option<&Value>, code: i64, message: &str) -> Vec<u8> {
    let error = Error {
        code: code.into(),
        message: message.to_string(),
        data: None,
    };
    let id = id
        .and_then(|id| serde_json::from_value(id.clone()).ok())
        .unwrap_or(Id::Null);
    serde_json::to_vec(&Output::from(Err(error), id, Some(Version::V2))).unwrap_or_default()
}
