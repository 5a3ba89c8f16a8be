//! The five hooks, each as its own world's bindings: what [`plugin!`](crate::plugin) exports. Nothing else should name it.

#[doc(hidden)]
pub mod brief {
    wit_bindgen::generate!({
        world: "brief-plugin",
        path: "../../wit",
        pub_export_macro: true,
        export_macro_name: "export_brief",
        default_bindings_module: "session_plugin::hooks::brief",
        with: {
            "session:plugin/types@0.1.4": crate::bindings::session::plugin::types,
            "session:plugin/facts@0.1.4": crate::bindings::session::plugin::facts,
            "session:plugin/repository@0.1.4": crate::bindings::session::plugin::repository,
            "session:plugin/work-tree@0.1.4": crate::bindings::session::plugin::work_tree,
            "session:plugin/state@0.1.4": crate::bindings::session::plugin::state,
            "session:plugin/log@0.1.4": crate::bindings::session::plugin::log,
        },
    });
}

#[doc(hidden)]
pub mod checkpoint {
    wit_bindgen::generate!({
        world: "checkpoint-plugin",
        path: "../../wit",
        pub_export_macro: true,
        export_macro_name: "export_checkpoint",
        default_bindings_module: "session_plugin::hooks::checkpoint",
        with: {
            "session:plugin/types@0.1.4": crate::bindings::session::plugin::types,
            "session:plugin/facts@0.1.4": crate::bindings::session::plugin::facts,
            "session:plugin/repository@0.1.4": crate::bindings::session::plugin::repository,
            "session:plugin/work-tree@0.1.4": crate::bindings::session::plugin::work_tree,
            "session:plugin/state@0.1.4": crate::bindings::session::plugin::state,
            "session:plugin/log@0.1.4": crate::bindings::session::plugin::log,
        },
    });
}

#[doc(hidden)]
pub mod handoff {
    wit_bindgen::generate!({
        world: "handoff-plugin",
        path: "../../wit",
        pub_export_macro: true,
        export_macro_name: "export_handoff",
        default_bindings_module: "session_plugin::hooks::handoff",
        with: {
            "session:plugin/types@0.1.4": crate::bindings::session::plugin::types,
            "session:plugin/facts@0.1.4": crate::bindings::session::plugin::facts,
            "session:plugin/repository@0.1.4": crate::bindings::session::plugin::repository,
            "session:plugin/work-tree@0.1.4": crate::bindings::session::plugin::work_tree,
            "session:plugin/state@0.1.4": crate::bindings::session::plugin::state,
            "session:plugin/log@0.1.4": crate::bindings::session::plugin::log,
        },
    });
}

#[doc(hidden)]
pub mod status {
    wit_bindgen::generate!({
        world: "status-plugin",
        path: "../../wit",
        pub_export_macro: true,
        export_macro_name: "export_status",
        default_bindings_module: "session_plugin::hooks::status",
        with: {
            "session:plugin/types@0.1.4": crate::bindings::session::plugin::types,
            "session:plugin/facts@0.1.4": crate::bindings::session::plugin::facts,
            "session:plugin/repository@0.1.4": crate::bindings::session::plugin::repository,
            "session:plugin/work-tree@0.1.4": crate::bindings::session::plugin::work_tree,
            "session:plugin/state@0.1.4": crate::bindings::session::plugin::state,
            "session:plugin/log@0.1.4": crate::bindings::session::plugin::log,
        },
    });
}

#[doc(hidden)]
pub mod analyze {
    wit_bindgen::generate!({
        world: "analyze-plugin",
        path: "../../wit",
        pub_export_macro: true,
        export_macro_name: "export_analyze",
        default_bindings_module: "session_plugin::hooks::analyze",
        with: {
            "session:plugin/types@0.1.4": crate::bindings::session::plugin::types,
            "session:plugin/facts@0.1.4": crate::bindings::session::plugin::facts,
            "session:plugin/repository@0.1.4": crate::bindings::session::plugin::repository,
            "session:plugin/work-tree@0.1.4": crate::bindings::session::plugin::work_tree,
            "session:plugin/state@0.1.4": crate::bindings::session::plugin::state,
            "session:plugin/log@0.1.4": crate::bindings::session::plugin::log,
        },
    });
}

/// One hook of one plugin: the contract's trait on top of the SDK's, and the export itself on a WASM target.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_hook {
    (brief, $plugin:ident) => {
        impl $crate::hooks::brief::exports::session::plugin::brief::Guest for $plugin {
            fn contribute(request: $crate::Request) -> Result<$crate::Contribution, String> {
                <$plugin as $crate::Brief>::brief(request)
            }
        }
        #[cfg(target_family = "wasm")]
        $crate::hooks::brief::export_brief!($plugin with_types_in $crate::hooks::brief);
    };
    (checkpoint, $plugin:ident) => {
        impl $crate::hooks::checkpoint::exports::session::plugin::checkpoint::Guest for $plugin {
            fn contribute(request: $crate::Request) -> Result<$crate::Contribution, String> {
                <$plugin as $crate::Checkpoint>::checkpoint(request)
            }
        }
        #[cfg(target_family = "wasm")]
        $crate::hooks::checkpoint::export_checkpoint!($plugin with_types_in $crate::hooks::checkpoint);
    };
    (handoff, $plugin:ident) => {
        impl $crate::hooks::handoff::exports::session::plugin::handoff::Guest for $plugin {
            fn contribute(request: $crate::Request) -> Result<$crate::Contribution, String> {
                <$plugin as $crate::Handoff>::handoff(request)
            }
        }
        #[cfg(target_family = "wasm")]
        $crate::hooks::handoff::export_handoff!($plugin with_types_in $crate::hooks::handoff);
    };
    (status, $plugin:ident) => {
        impl $crate::hooks::status::exports::session::plugin::status::Guest for $plugin {
            fn contribute(request: $crate::Request) -> Result<$crate::Contribution, String> {
                <$plugin as $crate::Status>::status(request)
            }
        }
        #[cfg(target_family = "wasm")]
        $crate::hooks::status::export_status!($plugin with_types_in $crate::hooks::status);
    };
    (analyze, $plugin:ident) => {
        impl $crate::hooks::analyze::exports::session::plugin::analyze::Guest for $plugin {
            fn contribute(request: $crate::Request) -> Result<$crate::Contribution, String> {
                <$plugin as $crate::Analyze>::analyze(request)
            }
        }
        #[cfg(target_family = "wasm")]
        $crate::hooks::analyze::export_analyze!($plugin with_types_in $crate::hooks::analyze);
    };
    ($other:ident, $plugin:ident) => {
        compile_error!(concat!(
            "no such hook: ",
            stringify!($other),
            "; there are brief, checkpoint, handoff, status and analyze"
        ));
    };
}
