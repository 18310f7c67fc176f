//! Rows of a table that say nothing, or not what they should: told before anything starts.

use chrono::NaiveDate;

use super::arguments::Arguments;

/// What is wrong with a row of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowFault {
    /// The row, counted from 0 with the header.
    pub row: usize,
    /// What is wrong.
    pub why: String,
    /// What to do.
    pub help: String,
}

/// The first row that repeats the header or another row, or whose `until` is no day; none where
/// all is well.
///
/// A list says of each thing once what is so: what stands there twice was meant to be something
/// else, and nobody would notice.
pub(super) fn check(arguments: &Arguments) -> Option<RowFault> {
    let Arguments { header, rows, excepts, .. } = arguments;
    let first = usize::from(!header.is_empty());
    let last_day = header.iter().position(|column| column == "until").filter(|_| *excepts);
    let fault = |row: usize, why: String, help: &str| {
        Some(RowFault { row: row + first, why, help: help.to_owned() })
    };
    for (at, row) in rows.iter().enumerate() {
        let told = format!("| {} |", row.join(" | "));
        if first == 1 && row == header {
            let why = format!("the header {told} stands below itself, as a row");
            return fault(at, why, "remove the row");
        }
        if rows[..at].contains(row) {
            let why = format!("the row {told} stands there twice");
            return fault(at, why, "remove one, or write what was meant instead");
        }
        let until = last_day.and_then(|at| row.get(at)).map(|until| until.trim());
        if let Some(until) = until.filter(|until| !until.is_empty())
            && until.parse::<NaiveDate>().is_err()
        {
            let why = format!("the exception ends on \"{until}\", and that is no day");
            return fault(at, why, "write it as 2027-03-31");
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(header: &[&str], rows: &[&[&str]], excepts: bool) -> Option<(usize, String)> {
        let row = |row: &[&str]| row.iter().map(|&cell| cell.to_owned()).collect::<Vec<_>>();
        let arguments = Arguments {
            header: row(header),
            rows: rows.iter().map(|cells| row(cells)).collect(),
            excepts,
            ..Arguments::default()
        };
        check(&arguments).map(|fault| (fault.row, fault.why))
    }

    #[test]
    fn a_row_that_says_nothing_is_told_with_its_number() {
        let header = &["service", "port"][..];
        assert_eq!(fault(header, &[&["a", "1"], &["a", "2"], &["b", "1"]], false), None);
        let (row, why) =
            fault(header, &[&["a", "1"], &["b", "1"], &["a", "1"]], false).expect("twice");
        assert!(row == 3 && why.contains("| a | 1 | stands there twice"), "{row} {why}");
        let (row, why) = fault(header, &[&["a", "1"], header], false).expect("the header");
        assert!(row == 2 && why.contains("the header | service | port |"), "{row} {why}");
        let (row, _) =
            fault(&[], &[&["A", "1"], &["A", "1"]], false).expect("pairs without a header");
        assert_eq!(row, 1);
    }

    #[test]
    fn an_exception_ends_on_a_day() {
        let header = &["service", "reason", "until"][..];
        assert_eq!(fault(header, &[&["a", "it", "2020-01-31"], &["b", "it", ""]], true), None);
        for wrong in ["soon", "2027-02-30", "31.12.2027"] {
            let (row, why) = fault(header, &[&["a", "it", wrong]], true).expect("no day");
            assert!(row == 1 && why.contains(wrong), "{row} {why}");
        }
        let header = &["topic", "subject", "reason", "until"][..];
        assert_eq!(fault(header, &[&["ports", "a", "it", "2020-01-31"]], true), None);
        assert!(fault(header, &[&["ports", "a", "it", "soon"]], true).is_some());
        assert_eq!(fault(&header[..3], &[&["ports", "a", "it"]], true), None);
    }
}
