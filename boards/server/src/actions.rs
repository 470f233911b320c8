//! Sinks of a pipeline that only `kws-run` has.

use kws::Pipeline;

/// Sinks that act outside or write files. A service tells its clients; a connection to a broker or a file for each of a
/// thousand satellites is nobody's wish.
const LEFT_OUT: [&str; 6] = ["clips", "exec", "mqtt", "overlay", "wav", "webhook"];

/// Leaves out of pipelines the sinks that act outside, with a warning.
pub(crate) fn leave_out(pipelines: &mut [Pipeline]) {
    for pipeline in pipelines {
        let name = pipeline.name.clone();
        let read: Vec<String> = pipeline.stages.iter().flat_map(|stage| stage.inputs.clone()).collect();
        pipeline.stages.retain(|stage| {
            let goes = LEFT_OUT.contains(&stage.kind.as_str()) && !read.contains(&stage.name);
            if goes {
                log::warn!(
                    "`{name}`: `{}` (kind `{}`) is left out: a service tells its clients of detections; run the pipeline by \
                     `kws-run` for it",
                    stage.name,
                    stage.kind
                );
            }
            !goes
        });
    }
}
