package import Base
package import Capture
import Lake

/// Lands one source: its snapshot when the lake does not have it yet, then its log without gap or double.
package final class SourceLanding: Sendable {
    private let context: LandingContext
    private let source: any ChangeSource
    private let board: StatusBoard

    package init(_ source: any ChangeSource, context: LandingContext) {
        self.source = source
        self.context = context
        board = StatusBoard(source: context.source)
    }

    package var status: LandingStatus { board.current }

    /// Runs until the task is cancelled, and then returns with the last commit finished. May be called again after an
    /// error: it starts from what the lake holds.
    package func run() async throws(TarnError) {
        board.update {
            $0.phase = .starting
            $0.failure = nil
        }
        do throws(TarnError) {
            try await land()
            board.update { $0.phase = .stopped }
        } catch {
            if Task.isCancelled || error.code == .interrupted {
                board.update { $0.phase = .stopped }
                return
            }
            board.update {
                $0.phase = .failed
                $0.failure = error.message
            }
            throw error
        }
    }

    private func land() async throws(TarnError) {
        var ledger: CheckLedger?
        if try await context.lake.refresh().sources[context.source] == nil {
            ledger = try await SnapshotLanding(context: context, status: board).run(source)
        }
        let state = try await context.lake.refresh()
        guard let position = state.sources[context.source] else {
            throw TarnError(.commitConflict, "The source was removed meanwhile.", detail: ["source": context.source])
        }
        let stream = try await StreamLanding(
            position,
            lakeState: state,
            ledger: ledger,
            context: context,
            status: board
        )
        try await stream.run(source)
    }
}
