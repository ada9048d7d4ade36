//! Questions of several requests whose answers are compared.

use serde::de::DeserializeOwned;
use serde_json::{from_value, Value};
use solana_rpc_client_api::client_error::Error as ClientError;
use solana_rpc_client_api::request::RpcRequest;

use super::{failure, Whom};
use crate::connection::Connection;
use homeostat_settings::failure::Failure;

/// One server of a connection. What is asked through it is answered by this server or not at
/// all: answers of several, which may stand at different blocks, must not be compared.
#[derive(Clone, Copy)]
pub struct OneServer<'a> {
    /// Whose.
    pub connection: &'a Connection,
    index: usize,
    patient: bool,
}

impl OneServer<'_> {
    /// Which of the connection's servers it is.
    pub(crate) fn index(&self) -> usize {
        self.index
    }

    /// An answer as it is.
    ///
    /// # Errors
    ///
    /// The server's; an answer of another form.
    pub fn ask<T: DeserializeOwned>(
        &self,
        request: RpcRequest,
        parameters: Value,
    ) -> Result<T, Failure> {
        let Some(servers) = &self.connection.servers else {
            return self.connection.ask(request, parameters);
        };
        let whom = Whom::One {
            index: self.index,
            patient: self.patient,
        };
        let asking = servers.ask(whom, request, &parameters);
        let runtime = self.connection.rpc().runtime();
        let answer = tokio::task::block_in_place(|| runtime.block_on(asking));
        answer
            .and_then(|answer| from_value(answer).map_err(ClientError::from))
            .map_err(|error| failure(&servers.name(self.index), &error, Some(&request)))
    }
}

impl Connection {
    /// Asks a question of several requests whose answers are compared: all of them go to one
    /// server. When that fails, the whole question goes to the next.
    ///
    /// # Errors
    ///
    /// The question's; that of the last server when none answers.
    pub fn of_one_server<T>(
        &self,
        question: impl Fn(&OneServer<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let all = self.order();
        if all.len() > 1 {
            for index in all {
                match question(&self.server(index, false)) {
                    Err(failure) if failure.code.starts_with("rpc_") => {}
                    answer => return answer,
                }
            }
        }
        let first = self.order().first().copied().unwrap_or(0);
        question(&self.server(first, true))
    }

    /// Asks another server than `told`, which has answered something before; `told` itself where
    /// there is no other, or where none of the others has an answer.
    ///
    /// # Errors
    ///
    /// The question's, of `told`.
    pub(crate) fn of_another_server<T>(
        &self,
        told: usize,
        question: impl Fn(&OneServer<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let others = self.order().into_iter().filter(|index| *index != told);
        let mut answers = others.filter_map(|index| question(&self.server(index, false)).ok());
        match answers.next() {
            Some(answer) => Ok(answer),
            None => question(&self.server(told, true)),
        }
    }

    fn server(&self, index: usize, patient: bool) -> OneServer<'_> {
        OneServer {
            connection: self,
            index,
            patient,
        }
    }

    fn order(&self) -> Vec<usize> {
        let servers = self.servers.as_ref();
        servers.map(|servers| servers.order()).unwrap_or_default()
    }
}
