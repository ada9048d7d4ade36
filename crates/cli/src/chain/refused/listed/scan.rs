//! Finds failures in sources: the code, and the words of message and remedy as far as they stand
//! there.

use std::path::Path;

use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, ExprCall, ExprMethodCall, Lit, Macro, Stmt, Token};

/// A failure as its source makes it.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// Its code.
    pub(super) code: String,
    /// What it says.
    pub(super) message: String,
    /// What to do; empty where the source says nothing.
    pub(super) remedy: String,
    /// Whether it names a place in a file.
    pub(super) in_a_file: bool,
    /// The source file.
    pub(super) place: String,
}

impl PartialEq for Found {
    /// Alike for whoever reads them.
    fn eq(&self, other: &Self) -> bool {
        (&self.message, &self.remedy, self.in_a_file)
            == (&other.message, &other.remedy, other.in_a_file)
    }
}

/// The failures of the sources below a folder, in the order of their names; tests are left out.
pub(super) fn scan(folder: &Path) -> Vec<Found> {
    let mut files = Vec::new();
    list(folder, &mut files);
    files.sort();
    let mut all = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a source is readable");
        let place = file.display().to_string();
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{place}: {error}"));
        let place = place.rsplit("../").next().unwrap_or_default().to_owned();
        let mut reader = Reader {
            place,
            remedies: Vec::new(),
            all: Vec::new(),
        };
        reader.visit_file(&parsed);
        all.append(&mut reader.all);
    }
    all
}

fn list(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.is_dir() {
            list(&path, files);
        } else if name.ends_with(".rs") && name != "tests.rs" {
            files.push(path);
        }
    }
}

struct Reader {
    place: String,
    /// The remedies that the calls around will add, the outermost first.
    remedies: Vec<String>,
    all: Vec<Found>,
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let tokens = match &attribute.meta {
            syn::Meta::List(list) if list.path.is_ident("cfg") => list.tokens.to_string(),
            _ => String::new(),
        };
        attribute.path().is_ident("test") || tokens == "test"
    })
}

impl Reader {
    fn found(&mut self, code: &Expr, message: String, remedy: String, in_a_file: bool) {
        // A code that a parameter brings is listed where it is given.
        if let Some(code) = literal(code) {
            self.all.push(Found {
                code,
                message,
                remedy,
                in_a_file,
                place: self.place.clone(),
            });
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_for_tests(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if !is_for_tests(&item.attrs) {
            visit::visit_item_fn(self, item);
        }
    }

    /// A remedy may be added to a failure that was given a name before.
    fn visit_block(&mut self, block: &'ast syn::Block) {
        for (index, statement) in block.stmts.iter().enumerate() {
            let added = named(statement).and_then(|name| {
                let rest = block.stmts.get(index.saturating_add(1)..)?;
                remedy_of(&name, rest)
            });
            let count = self.remedies.len();
            self.remedies.extend(added);
            self.visit_stmt(statement);
            self.remedies.truncate(count);
        }
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        let arguments: Vec<&Expr> = call.args.iter().collect();
        match (call.method.to_string().as_str(), arguments.as_slice()) {
            ("remedy", [remedy]) => {
                self.remedies.push(words(remedy));
                self.visit_expr(&call.receiver);
                self.remedies.pop();
                self.visit_expr(remedy);
            }
            ("failure", [code, problem, remedy]) => {
                self.found(code, words(problem), words(remedy), true);
            }
            // A key of a file: its place comes in front.
            ("wrong", [key, code, problem, remedy]) => {
                let message = format!("{}: {}", words(key), words(problem));
                self.found(code, message, words(remedy), true);
            }
            _ => visit::visit_expr_method_call(self, call),
        }
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        let function = match &*call.func {
            Expr::Path(path) => path.path.segments.iter().map(|one| one.ident.to_string()),
            _ => return visit::visit_expr_call(self, call),
        };
        let function = function.collect::<Vec<_>>().join("::");
        let arguments: Vec<&Expr> = call.args.iter().collect();
        let remedy = self.remedies.last().cloned().unwrap_or_default();
        match (function.as_str(), arguments.as_slice()) {
            ("Failure::new", [code, message]) => self.found(code, words(message), remedy, false),
            ("Failure::at", [code, _, problem]) => {
                self.found(code, words(problem), remedy, true);
            }
            // What a file calls its own way to make them.
            ("failure", [code, problem]) => self.found(code, words(problem), remedy, false),
            ("refuse" | "refused", [code, problem, remedy]) => {
                self.found(code, words(problem), words(remedy), false);
            }
            _ => {}
        }
        // What is built inside of an argument has its own remedy.
        let outside = std::mem::take(&mut self.remedies);
        visit::visit_expr_call(self, call);
        self.remedies = outside;
    }
}

/// The name that a statement gives to what it makes.
fn named(statement: &Stmt) -> Option<String> {
    match statement {
        Stmt::Local(local) => match &local.pat {
            syn::Pat::Ident(name) => Some(name.ident.to_string()),
            _ => None,
        },
        _ => None,
    }
}

/// The remedy that later statements add to what has a name, or that comes with what it returns.
fn remedy_of(name: &str, statements: &[Stmt]) -> Option<String> {
    struct Added<'a> {
        name: &'a str,
        remedy: Option<String>,
    }
    impl<'ast> Visit<'ast> for Added<'_> {
        fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
            let receiver = match &*call.receiver {
                Expr::Call(call) => &call.func,
                other => other,
            };
            let of_it = matches!(receiver, Expr::Path(path) if path.path.is_ident(self.name));
            if call.method == "remedy" && of_it && self.remedy.is_none() {
                self.remedy = call.args.first().map(words);
            }
            visit::visit_expr_method_call(self, call);
        }
    }
    let mut added = Added { name, remedy: None };
    for statement in statements {
        added.visit_stmt(statement);
    }
    added.remedy
}

fn literal(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Lit(lit) => match &lit.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

/// The words of an expression: what stands there, with names for what is filled in.
fn words(expression: &Expr) -> String {
    if let Some(text) = literal(expression) {
        return text;
    }
    match expression {
        Expr::Macro(made) => filled(&made.mac),
        Expr::Reference(inner) => words(&inner.expr),
        Expr::Paren(inner) => words(&inner.expr),
        Expr::Block(block) => last(&block.block),
        Expr::If(choice) => {
            let other = choice.else_branch.as_ref().map(|(_, other)| words(other));
            let other = other.unwrap_or_else(|| "…".to_owned());
            format!("{} / {other}", last(&choice.then_branch))
        }
        Expr::Match(choice) => {
            let arms: Vec<String> = choice.arms.iter().map(|arm| words(&arm.body)).collect();
            arms.join(" / ")
        }
        Expr::MethodCall(call) if call.args.is_empty() => match call.method.to_string().as_str() {
            "to_owned" | "to_string" | "into" | "clone" | "concat" | "as_str" => {
                words(&call.receiver)
            }
            name => format!("{{{name}}}"),
        },
        other => match name(other) {
            Some(name) => format!("{{{name}}}"),
            None => "…".to_owned(),
        },
    }
}

fn last(block: &syn::Block) -> String {
    match block.stmts.last() {
        Some(Stmt::Expr(expression, None)) => words(expression),
        Some(Stmt::Macro(made)) => filled(&made.mac),
        _ => "…".to_owned(),
    }
}

/// The last name in an expression: of a field, a method, a variable.
fn name(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Path(path) => Some(path.path.segments.last()?.ident.to_string().to_lowercase()),
        Expr::Field(field) => match &field.member {
            syn::Member::Named(name) => Some(name.to_string()),
            syn::Member::Unnamed(_) => name(&field.base),
        },
        Expr::MethodCall(call) => match call.method.to_string().as_str() {
            "display" | "join" | "to_string" | "unwrap_or" | "len" | "saturating_sub" => {
                name(&call.receiver)
            }
            "show" | "told" | "amount" => call.args.first().and_then(name),
            method => Some(method.to_owned()),
        },
        Expr::Call(call) => call.args.first().and_then(name),
        Expr::Reference(inner) => name(&inner.expr),
        Expr::Unary(inner) => name(&inner.expr),
        Expr::Cast(inner) => name(&inner.expr),
        Expr::Try(inner) => name(&inner.expr),
        _ => None,
    }
}

/// The template of a formatting macro, each `{}` with the name of what is put there.
fn filled(made: &Macro) -> String {
    let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
    let Ok(arguments) = parser.parse2(made.tokens.clone()) else {
        return "…".to_owned();
    };
    let mut arguments = arguments.iter();
    let Some(template) = arguments.next().and_then(literal) else {
        return "…".to_owned();
    };
    let mut out = String::new();
    let mut rest = template.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((inside, behind)) = after.split_once('}') else {
            break;
        };
        rest = behind;
        let given = inside.split(':').next().unwrap_or_default();
        if !given.is_empty() {
            out.push_str(&format!("{{{given}}}"));
            continue;
        }
        out.push_str(&match arguments.next() {
            Some(argument) => words(argument),
            None => "…".to_owned(),
        });
    }
    out.push_str(rest);
    out
}

#[test]
fn words_are_read_as_far_as_they_stand_there() {
    let text = r#"
        fn a(name: &str) -> Failure {
            let failure = Failure::new("one", format!("{name} has {} of {}", self.count, other.most()));
            failure.remedy(if up { "raise it" } else { "lower it" })
        }
        fn b() {
            Err(Failure::at("two", place, "is wrong").remedy(format!("write {}", 5)))?;
            keys.wrong("min", "three", "is too low", &format!("write {low} or more"));
        }
        #[cfg(test)]
        mod tests { fn c() { Failure::new("four", "never"); } }
    "#;
    let mut reader = Reader {
        place: String::new(),
        remedies: Vec::new(),
        all: Vec::new(),
    };
    reader.visit_file(&syn::parse_str(text).unwrap());
    let told: Vec<_> = reader
        .all
        .iter()
        .map(|it| (it.code.as_str(), it.message.as_str(), it.remedy.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("one", "{name} has {count} of {most}", "raise it / lower it"),
            ("two", "is wrong", "write …"),
            ("three", "min: is too low", "write {low} or more"),
        ]
    );
}
