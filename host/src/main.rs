//! Entry point: parse, run, exit. It must not contain a rule or print.

fn main() -> std::process::ExitCode {
    session::cli::main()
}
