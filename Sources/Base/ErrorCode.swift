/// Stable error codes, with the remedy and the retry policy of each in one place.
package enum ErrorCode: String, Sendable, CaseIterable {
    case configurationInvalid = "configuration.invalid"
    case corruptData = "data.corrupt"
    case unsupported = "data.unsupported"
    case valueUnrepresentable = "data.valueUnrepresentable"
    case objectMissing = "store.objectMissing"
    case objectExists = "store.objectExists"
    case storeFailed = "store.failed"
    case storeUnsafe = "store.unsafe"
    case stateNewer = "state.newer"
    case stateFailed = "state.failed"
    case engineFailed = "engine.failed"
    case queryInvalid = "query.invalid"
    case queryForbidden = "query.forbidden"
    case queryLimit = "query.limit"
    case interrupted = "interrupted"
    case commitConflict = "lake.conflict"
    case lakeMissing = "lake.missing"
    case tableMissing = "lake.tableMissing"
    case tableExists = "lake.tableExists"
    case versionMissing = "lake.versionMissing"
    case schemaRefused = "lake.schemaRefused"
    case ownerMismatch = "lake.ownerMismatch"
    case sourceUnavailable = "source.unavailable"
    case sourceRejected = "source.rejected"
    case sourceSetup = "source.setup"
    case slotMissing = "source.slotMissing"
    case slotLost = "source.slotLost"
    case slotAhead = "source.slotAhead"
    case slotActive = "source.slotActive"
    case schemaChanged = "source.schemaChanged"
    case indexFailed = "landing.indexFailed"

    /// What a person does about it, when the place that failed knows nothing better.
    package var remedy: String {
        switch self {
        case .configurationInvalid: "Correct the named key in the configuration and start again."
        case .corruptData: "Restore the named object from a copy; nothing was changed by this read."
        case .unsupported: "Leave the named feature out, or convert it to one that the documentation lists."
        case .valueUnrepresentable: "Correct the value at the source, or exclude the table from the source's file."
        case .objectMissing: "Check that the warehouse is whole and that the path in tarn.yaml is the right one."
        case .objectExists: "Read what was written there first, then try again with another name."
        case .storeFailed: "Check space, rights and health of the storage, then try again."
        case .storeUnsafe: "Use a store that honours conditional writes; this one could lose commits."
        case .stateNewer: "Use the Tarn version that wrote this state, or a newer one."
        case .stateFailed: "Check space and rights of the state folder; it can be deleted and is rebuilt from the lake."
        case .engineFailed: "Read the cause; if memory ran out, raise the limit in tarn.yaml."
        case .queryInvalid: "Correct the statement at the named place."
        case .queryForbidden: "Use a reading statement over tables of the lake."
        case .queryLimit: "Narrow the query, or raise the limit in tarn.yaml."
        case .interrupted: "Run it again when ready; nothing was changed."
        case .commitConflict: "Read the tables again at the current version and repeat the change."
        case .lakeMissing: "Run `tarn init` in the project folder, or correct `warehouse` in tarn.yaml."
        case .tableMissing: "Run `tarn tables` to see the tables of the lake."
        case .tableExists: "Choose another name, or write to the existing table."
        case .versionMissing: "Run `tarn commits` to see the versions that can be read."
        case .schemaRefused: "Add a column of the wanted kind beside this one, or write the rows as a new table."
        case .ownerMismatch: "Write to a table of your own; this one is kept by its owner alone."
        case .sourceUnavailable: "Check that the database runs and that the connection settings are right."
        case .sourceRejected: "Read the cause, correct it at the source, and start again."
        case .sourceSetup: "Run the SQL shown at the source, then `tarn source check`."
        case .slotMissing: "Run `tarn source remove` and `tarn source add` to begin with a new snapshot."
        case .slotLost: "Run `tarn source remove` and `tarn source add`: only a new snapshot can close the gap."
        case .slotAhead: "Do not acknowledge this slot elsewhere; a new snapshot closes the gap."
        case .slotActive: "Stop the other process that reads this slot, then start again."
        case .schemaChanged: "Run `tarn source remove` and `tarn source add` to read the table anew in its new shape."
        case .indexFailed: "Delete the table's folder below the state's index folder; it is rebuilt from the lake."
        }
    }

    /// Whether trying the same again later can succeed without a person.
    package var isTransient: Bool {
        switch self {
        case .sourceUnavailable, .slotActive, .storeFailed: true
        default: false
        }
    }
}
