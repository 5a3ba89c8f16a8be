//! The contract of `wit/` as wasmtime's bindings. It must not leave `plugin`: the rest of the host sees `contribution`
//! and `host_data`.

wasmtime::component::bindgen!({
    path: "../wit",
    world: "every-hook",
    imports: { default: trappable },
});
