//! A web site that says what a test wants it to say.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::DateTime;

/// What it answers.
#[derive(Clone)]
pub enum Answer {
    /// A document, made at that time (unix seconds).
    Document(String, i64),
    /// These bytes.
    Bytes(Vec<u8>),
    /// A head, and then a body without end.
    Endless,
    /// A byte now and then, for ever.
    Drip,
    /// Nothing, for ever.
    Silence,
    /// Another place.
    Redirect(String),
}

/// The site.
pub struct Site {
    /// Such as `http://127.0.0.1:34567`.
    pub url: String,
    answer: Arc<Mutex<Answer>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Site {
    /// A site that answers the same to everything.
    pub fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let answer = Arc::new(Mutex::new(answer));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (told, heads) = (Arc::clone(&answer), Arc::clone(&asked));
        // It ends with the process.
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (told, heads) = (Arc::clone(&told), Arc::clone(&heads));
                std::thread::spawn(move || serve(stream, &told, &heads));
            }
        });
        Self { url, answer, asked }
    }

    /// From now on it answers this.
    pub fn says(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }

    /// The heads of the requests so far.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// Whoever asks may be gone at any moment: what cannot be written is not.
fn serve(mut stream: TcpStream, answer: &Mutex<Answer>, asked: &Mutex<Vec<String>>) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.extend(byte),
            _ => return,
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    asked.lock().unwrap().push(head);
    let answer = answer.lock().unwrap().clone();
    let mut say = |bytes: &[u8]| stream.write_all(bytes).is_ok();
    let ok = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
    match answer {
        Answer::Document(body, at) => {
            let date = DateTime::from_timestamp(at, 0).expect("a time");
            let date = date.format("%a, %d %b %Y %H:%M:%S GMT");
            let length = body.len();
            let head = format!(
                "HTTP/1.1 200 OK\r\nDate: {date}\r\nContent-Length: {length}\r\n\
                 Connection: close\r\n\r\n"
            );
            say(head.as_bytes());
            say(body.as_bytes());
        }
        Answer::Bytes(bytes) => {
            say(&bytes);
        }
        Answer::Endless => {
            say(ok);
            while say(&[b'1'; 65_536]) {}
        }
        Answer::Drip => {
            say(ok);
            while say(b"1") {
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        Answer::Silence => {
            // Until whoever asked has gone.
            let _ = stream.read(&mut byte);
        }
        Answer::Redirect(place) => {
            let head = format!(
                "HTTP/1.1 302 Found\r\nLocation: {place}\r\nContent-Length: 0\r\n\
                 Connection: close\r\n\r\n"
            );
            say(head.as_bytes());
        }
    }
}
