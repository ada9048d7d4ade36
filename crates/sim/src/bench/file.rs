//! The file with the rows of a benchmark.
//!
//! It opens with a header of `# name value` lines that says which benchmark it is, then comes a
//! CSV table: the names of the columns, and one line a run in the order of the plan. A line is
//! written with one call, so a process that is killed leaves whole lines and at most one torn
//! one at the end, which is dropped when the benchmark goes on.

use std::{
    fmt::Write as _,
    fs::{File, OpenOptions},
    io::{self, Read, Seek, Write},
    path::Path,
};

use homeostat_settings::failure::{quoted, Failure, Place};

use crate::{series::Series, tune::Gains};

use super::{
    plan::{Plan, Tier},
    row::{columns, Row},
};

/// The version of the form of the file.
const FORM: &str = "1";
/// Largest file in bytes: some two million rows.
const LARGEST: u64 = 1 << 30;

/// What a file of rows says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Name and value of each line, in order.
    lines: Vec<(&'static str, String)>,
}

/// The names of the header's lines, in order.
const NAMES: [&str; 7] = [
    "homeostat-rows",
    "version",
    "tier",
    "gains",
    "design",
    "series",
    "columns",
];
const TIER: usize = 2;

impl Header {
    /// The header of a plan's rows.
    pub fn of(plan: &Plan) -> Self {
        let values = [
            FORM.to_owned(),
            env!("CARGO_PKG_VERSION").to_owned(),
            plan.tier.name().to_owned(),
            plan.gains_hash(),
            plan.design_hash(),
            plan.series_hash(),
            columns(),
        ];
        Self {
            lines: NAMES.into_iter().zip(values).collect(),
        }
    }

    /// The text, with the line of the columns at its end.
    fn text(&self) -> String {
        let mut text = String::new();
        for (name, value) in &self.lines {
            // Writing to a String cannot fail.
            let _ = match *name {
                "columns" => writeln!(text, "{value}"),
                name => writeln!(text, "# {name} {value}"),
            };
        }
        text
    }

    /// Reads the header of a file.
    fn read(text: &str, name: &str) -> Result<Self, Failure> {
        let mut lines = text.lines();
        let mut read = Vec::with_capacity(NAMES.len());
        for (index, key) in NAMES.into_iter().enumerate() {
            let line = lines.next().unwrap_or_default();
            let value = match key {
                "columns" => Some(line),
                key => line
                    .strip_prefix("# ")
                    .and_then(|rest| rest.strip_prefix(key))
                    .and_then(|rest| rest.strip_prefix(' ')),
            };
            let Some(value) = value else {
                let place = Place::line(name, index as u64 + 1);
                let problem = format!("{} is not the line `# {key} …`", quoted(line));
                return Err(Failure::at("not_rows", place, problem)
                    .remedy("give a file that `homeostat bench --rows FILE` wrote"));
            };
            read.push((key, value.to_owned()));
        }
        Ok(Self { lines: read })
    }

    /// The tier of the file.
    fn tier(&self, name: &str) -> Result<Tier, Failure> {
        let word = &self.lines[TIER].1;
        Tier::from_name(word).ok_or_else(|| {
            let place = Place::line(name, TIER as u64 + 1).field("tier");
            Failure::at(
                "bad_tier",
                place,
                format_args!("{} is no tier", quoted(word)),
            )
            .remedy("write smoke, standard or full, as it was")
        })
    }

    /// Refuses a file of another benchmark than the plan's.
    fn expect(&self, plan: &Plan, name: &str) -> Result<(), Failure> {
        let wanted = Self::of(plan);
        let differs: Vec<String> = self
            .lines
            .iter()
            .zip(&wanted.lines)
            .filter(|(is, wanted)| is != wanted)
            .map(|((key, is), (_, wanted))| match *key {
                "columns" => "other columns".to_owned(),
                key => format!("{key} {} in the file, {wanted} now", quoted(is)),
            })
            .collect();
        if differs.is_empty() {
            return Ok(());
        }
        let problem = format!("has the rows of another benchmark: {}", differs.join("; "));
        Err(Failure::at("other_benchmark", Place::file(name), problem).remedy(
            "give another --rows file, or the tier, gains, series and version that it was made with",
        ))
    }
}

/// An open file of rows; nobody else can write to it meanwhile.
#[derive(Debug)]
pub struct RowsFile {
    file: File,
    name: String,
}

impl RowsFile {
    /// Opens the file of a plan's rows, or begins it, and reads what is there already. Rows
    /// beyond the plan's number of seeds stay in the file and are not given.
    ///
    /// # Errors
    ///
    /// `unreadable_file`, `unwritable_file`, `rows_in_use` where another process writes to it,
    /// `not_rows`, `other_benchmark` with what differs, `bad_row` with its line.
    pub fn open(path: &Path, plan: &Plan) -> Result<(Self, Vec<Row>), Failure> {
        let name = path.display().to_string();
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(|error| unwritable(&name, &error))?;
        if file.try_lock().is_err() {
            let problem = "is in use by another benchmark";
            return Err(Failure::at("rows_in_use", Place::file(&name), problem)
                .remedy("wait for that one, or give another --rows file"));
        }
        let text = text_of(&mut file, &name)?;
        let header = Header::of(plan).text();
        if header.starts_with(&text) {
            // Nothing, or a header that was torn.
            let mut begun = Self { file, name };
            begun.cut(0)?;
            begun.write(&header)?;
            return Ok((begun, Vec::new()));
        }
        let (rows, whole) = read_rows(&text, plan, &name)?;
        let mut opened = Self { file, name };
        opened.cut(whole)?;
        Ok((opened, rows))
    }

    /// Reads a file of rows alone, with the plan that it follows: the tier is that of the header,
    /// the number of seeds that of which all rows are there. A benchmark on a series needs the
    /// series, one with other gains than the defaults needs the gains.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open), what [`Plan::with_series`] refuses, and `no_rows` where not one
    /// seed is whole.
    pub fn read(
        path: &Path,
        gains: Option<Gains>,
        series: Option<&Series>,
    ) -> Result<(Plan, Vec<Row>), Failure> {
        let name = path.display().to_string();
        let mut file = File::open(path).map_err(|error| unreadable(&name, &error))?;
        let text = text_of(&mut file, &name)?;
        let mut plan = Plan::new(Header::read(&text, &name)?.tier(&name)?);
        if let Some(gains) = gains {
            plan = plan.with_gains(gains);
        }
        if let Some(series) = series {
            plan = plan.with_series(series)?;
        }
        // A line has more than one byte, so no row is beyond this plan.
        plan.seeds = text.len() as u64;
        let (mut rows, _) = read_rows(&text, &plan, &name)?;
        plan.seeds = (rows.len() / plan.per_seed()) as u64;
        if plan.is_empty() {
            let problem = format!(
                "has {} rows; the runs of one seed are {}",
                rows.len(),
                plan.per_seed()
            );
            return Err(Failure::at("no_rows", Place::file(&name), problem)
                .remedy("let `homeostat bench` go on with the file"));
        }
        rows.truncate(plan.len());
        Ok((plan, rows))
    }

    /// Adds the row of the next run.
    ///
    /// # Errors
    ///
    /// `unwritable_file`.
    pub fn add(&mut self, row: &Row) -> Result<(), Failure> {
        self.write(&format!("{}\n", row.text()))
    }

    fn write(&mut self, text: &str) -> Result<(), Failure> {
        self.file
            .write_all(text.as_bytes())
            .map_err(|error| unwritable(&self.name, &error))
    }

    /// Ends the file after so many bytes.
    fn cut(&mut self, length: u64) -> Result<(), Failure> {
        self.file
            .set_len(length)
            .and_then(|()| self.file.seek(io::SeekFrom::Start(length)))
            .map(|_| ())
            .map_err(|error| unwritable(&self.name, &error))
    }
}

/// The rows of a file whose header is the plan's, and the bytes up to the end of the last whole
/// line.
fn read_rows(text: &str, plan: &Plan, name: &str) -> Result<(Vec<Row>, u64), Failure> {
    Header::read(text, name)?.expect(plan, name)?;
    let whole = text.rfind('\n').map_or(0, |at| at + 1);
    let lines = text[..whole].lines().enumerate().skip(NAMES.len());
    let mut rows = Vec::new();
    for (index, (line, text)) in lines.enumerate().take(plan.len()) {
        let case = plan.case(index);
        let scenario = plan.name(case.scenario);
        let row = Row::read(text, scenario, case).ok_or_else(|| {
            let problem = format!(
                "{} is not the row of {scenario}, {}, seed {}",
                quoted(text),
                case.policy.name(),
                case.seed
            );
            Failure::at("bad_row", Place::line(name, line as u64 + 1), problem)
                .remedy("delete this line and all after it, and let `homeostat bench` go on")
        })?;
        rows.push(row);
    }
    Ok((rows, whole as u64))
}

fn text_of(file: &mut File, name: &str) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    file.take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(name, &error))?;
    if bytes.len() as u64 > LARGEST {
        let problem = format!("is larger than {LARGEST} bytes");
        return Err(Failure::at("file_too_large", Place::file(name), problem)
            .remedy("give a file that `homeostat bench --rows FILE` wrote"));
    }
    String::from_utf8(bytes).map_err(|_| {
        Failure::at("not_rows", Place::file(name), "is not UTF-8")
            .remedy("give a file that `homeostat bench --rows FILE` wrote")
    })
}

fn unreadable(name: &str, error: &io::Error) -> Failure {
    Failure::at(
        "unreadable_file",
        Place::file(name),
        format_args!("cannot be read: {error}"),
    )
    .remedy("check the path and its permissions")
}

fn unwritable(name: &str, error: &io::Error) -> Failure {
    Failure::at(
        "unwritable_file",
        Place::file(name),
        format_args!("cannot be written: {error}"),
    )
    .remedy("give another --rows file")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{result_hash, run};

    /// A plan that takes no time: seeds of eleven runs of twenty people.
    fn small(seeds: u64) -> Plan {
        let mut plan = Plan::new(Tier::Smoke)
            .with_demand(vec![1.0; 20])
            .with_seeds(seeds);
        plan.setting.people = 20;
        plan
    }

    /// Goes on with a file to the end of the plan, or until there are `stop` rows.
    fn go_on(path: &Path, plan: &Plan, threads: usize, stop: usize) -> Vec<Row> {
        let (mut file, mut rows) = RowsFile::open(path, plan).expect("a file of rows");
        let _ = run(plan, rows.len(), threads, |row, progress| {
            if rows.len() == stop {
                return Err(Failure::new("stopped", "enough"));
            }
            assert_eq!(
                (progress.done, progress.total),
                (rows.len() + 1, plan.len())
            );
            file.add(&row)?;
            rows.push(row);
            Ok(())
        });
        rows
    }

    #[test]
    fn what_was_killed_goes_on_to_the_same_bytes() {
        let folder = tempfile::tempdir().expect("a folder");
        let (whole, killed) = (folder.path().join("whole"), folder.path().join("killed"));
        let plan = small(3);
        // Given a benchmark that was not stopped,
        let rows = go_on(&whole, &plan, 1, usize::MAX);
        assert_eq!(rows.len(), 33);
        // when another is stopped after five rows in the middle of writing the next,
        assert_eq!(go_on(&killed, &plan, 2, 5).len(), 5);
        let torn = &rows[5].text()[..40];
        let mut file = OpenOptions::new().append(true).open(&killed).expect("file");
        file.write_all(torn.as_bytes()).expect("written");
        drop(file);
        // and goes on, with fewer seeds at first,
        assert_eq!(go_on(&killed, &small(1), 1, usize::MAX).len(), 11);
        let again = go_on(&killed, &plan, 2, usize::MAX);
        // then file and hash are those of the one that was not.
        assert_eq!(result_hash(&again), result_hash(&rows));
        let bytes = |path| std::fs::read_to_string(path).expect("a file");
        assert_eq!(bytes(&killed), bytes(&whole));
        // And nothing is lived again, nor lost, where fewer seeds are asked for.
        assert_eq!(go_on(&killed, &small(2), 1, usize::MAX), rows[..22]);
        assert_eq!(bytes(&killed), bytes(&whole));
    }

    #[test]
    fn a_torn_header_begins_anew() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("rows");
        let header = Header::of(&small(1)).text();
        for length in [0, 1, 20, header.len() - 1, header.len()] {
            std::fs::write(&path, &header[..length]).expect("written");
            let (_, rows) = RowsFile::open(&path, &small(1)).expect("a file");
            assert_eq!(rows, []);
            assert_eq!(std::fs::read_to_string(&path).expect("a file"), header);
        }
    }

    #[test]
    fn rows_of_another_benchmark_are_refused_with_what_differs() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("rows");
        go_on(&path, &small(1), 1, 1);
        let refusal = |plan: &Plan| RowsFile::open(&path, plan).expect_err("other");
        type Change = fn(&mut Plan);
        let changes: [(&str, Change); 3] = [
            ("tier `smoke` in the file, standard now", |plan| {
                plan.tier = Tier::Standard;
            }),
            ("design `", |plan| plan.setting.people = 21),
            ("series `", |plan| {
                *plan = plan.clone().with_demand(vec![2.0; 20]);
            }),
        ];
        for (said, change) in changes {
            let mut plan = small(1);
            change(&mut plan);
            let failure = refusal(&plan);
            assert_eq!(failure.code, "other_benchmark");
            assert_eq!(failure.message.matches(" in the file").count(), 1);
            assert!(failure.message.contains(said), "{failure}");
        }
        let text = std::fs::read_to_string(&path).expect("a file");
        let other = text.replace(env!("CARGO_PKG_VERSION"), "0.0.9");
        std::fs::write(&path, other).expect("written");
        let failure = refusal(&small(1));
        assert!(failure.message.contains("version `0.0.9`"), "{failure}");
    }

    #[test]
    fn what_is_no_file_of_rows_says_where() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("rows");
        let rows = go_on(&path, &small(1), 1, 3);
        let text = std::fs::read_to_string(&path).expect("a file");
        let second = rows[1].text();
        for (changed, code, line) in [
            ("t,y\n0,1\n".to_owned(), "not_rows", Some(1)),
            (text.replace("# tier", "# tear"), "not_rows", Some(3)),
            (text.replace(second, "series,x"), "bad_row", Some(9)),
            (text.replace(&format!("{second}\n"), ""), "bad_row", Some(9)),
        ] {
            std::fs::write(&path, &changed).expect("written");
            let failure = RowsFile::open(&path, &small(1)).expect_err(code);
            assert_eq!(failure.code, code, "{failure}");
            assert_eq!(
                failure.at.as_ref().and_then(|at| at.line),
                line,
                "{failure}"
            );
            assert!(!failure.remedy.is_empty(), "{failure}");
            // Nothing is lost of what somebody named by mistake.
            assert_eq!(std::fs::read_to_string(&path).expect("a file"), changed);
        }
        std::fs::write(&path, b"\xff\xfe").expect("written");
        let failure = RowsFile::open(&path, &small(1)).expect_err("not UTF-8");
        assert_eq!(failure.code, "not_rows");
        let gone = RowsFile::read(&folder.path().join("none"), None, None).expect_err("none");
        assert_eq!(gone.code, "unreadable_file");
    }

    #[test]
    fn two_processes_do_not_write_to_one_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("rows");
        let _one = RowsFile::open(&path, &small(1)).expect("a file");
        let other = RowsFile::open(&path, &small(1)).expect_err("in use");
        assert_eq!(other.code, "rows_in_use");
    }
}
