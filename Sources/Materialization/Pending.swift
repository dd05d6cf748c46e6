import Assets
import Base
import Checks

extension CompiledAsset {
    var checks: [Check] {
        CheckReader.read(columns: nil, checks: asset.header.checks).checks
    }
    var checkInputs: [TableName] { [] }
    var readsItself: Bool { false }
}
