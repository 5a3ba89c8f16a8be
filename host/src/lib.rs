//! The `session` program as a library: see ARCHITECTURE.md for the map and for the line every verb follows.

pub mod ask;
pub mod cli;
pub mod commands;
pub mod config;
pub mod document;
pub mod environment;
pub mod error;
pub mod evidence;
pub mod facts;
pub mod fetch;
pub mod git;
pub mod glob;
pub mod path;
pub mod plugin;
pub mod process;
pub mod session;
pub mod sharing;
pub mod store;
pub mod ui;
pub mod workspace;
