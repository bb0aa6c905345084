//! Redis and memcached that are absent, die, restart, hang, are full, refuse, or talk nonsense: the functions go on.
//!
//! Every behavior is asked for on each [store](rig::Store) and in each [way](rig::Way) of calling, side by side. Times are compared with the
//! deadline of one operation: what costs two deadlines is a failure. Where the machine itself stood still meanwhile,
//! that proves nothing, and the test is tried again.

mod broken;
mod calls;
mod crowd;
mod gone;
mod locked;
mod machine;
mod owed;
mod refusing;
mod rig;
mod sequences;
mod shared;
mod shortage;
mod silent;
