import Base
import CLMDB

#if canImport(Glibc)
    import Glibc
#endif

extension TarnError {
    /// - Parameter code: LMDB's, or the system's `errno`; LMDB hands the latter through.
    static func keyIndex(_ verb: String, _ code: Int32, _ folder: String) -> TarnError {
        let reason = unsafe String(cString: mdb_strerror(code))
        return TarnError(
            [ENOSPC, EDQUOT, MDB_MAP_FULL].contains(code) ? .storeFailed : .indexFailed,
            "The key index could not \(verb): \(reason).",
            detail: ["folder": folder],
            remedy: keyIndexRemedy(code)
        )
    }

    static func keyIndexDamaged(_ what: String, _ folder: String) -> TarnError {
        TarnError(.indexFailed, "The key index is damaged: \(what).", detail: ["folder": folder])
    }

    /// Nil where deleting the index is what helps.
    private static func keyIndexRemedy(_ code: Int32) -> String? {
        switch code {
        case ENOSPC, EDQUOT: "Free space for the state folder, then start again."
        case EMFILE, ENFILE: "Raise the limit of open files (`ulimit -n`): each followed table needs about three."
        case EACCES, EPERM, EROFS: "Give the user that runs Tarn the right to write the state folder."
        case ENOMEM: "Raise the process's limit of address space, or lower the map size of the key index."
        case MDB_MAP_FULL: "Start the group of changes again: the next one begins with twice the room."
        default: nil
        }
    }
}
