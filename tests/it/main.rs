//! All end-to-end tests, in one binary: linking the program once is cheaper than once a file. Each file is about one
//! verb or one promise. It must not hold tests itself.

#[path = "../common/mod.rs"]
mod common;

mod concurrency;
mod configuration;
mod coverage_and_tdd;
mod coverage_reports;
mod damage;
mod damaged_records;
mod docs;
mod evidence;
mod evidence_within;
mod flows_commit;
mod flows_end;
mod flows_merge;
mod flows_parked;
mod flows_restore;
mod flows_resume;
mod flows_start;
mod flows_switch;
mod foreign_text;
mod forged_sections;
mod gates;
mod git_hooks;
mod harness;
mod hooks;
mod housekeeping;
mod init;
mod killed;
mod plugin_authoring;
mod plugin_facts;
mod plugin_guide;
mod plugin_http;
mod plugin_inspect;
mod plugin_install;
mod plugin_languages;
mod plugin_misdeeds;
mod plugin_pull_requests;
mod plugin_trust;
mod prompts;
mod readme;
mod refusals;
mod repositories;
mod run;
mod run_output;
mod run_reports;
mod status;
mod tdd_phase;
mod tidy;
mod tracking;
mod untouched;
mod usage;
