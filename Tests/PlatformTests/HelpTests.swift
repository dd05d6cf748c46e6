import ArgumentParser
import Base
import Logging
import Platform
import Query
import TestKit
import Testing

@testable import tarn

@Suite struct HelpTests {
    static let commands: [any ParsableCommand.Type] = [
        Initialize.self, Up.self, Status.self, Source.self, SourceAdd.self, SourceCheck.self, SourceList.self,
        SourcePause.self, SourceResume.self, SourceRemove.self, Query.self, SQL.self, Tables.self, Describe.self,
        History.self, Commits.self, Verify.self, Register.self, Alter.self, Diff.self, Branch.self, BranchCreate.self,
        BranchList.self, BranchPublish.self, BranchDrop.self, tarn.Tag.self, TagCreate.self, TagList.self, TagDrop.self,
        RollBack.self, Compile.self, TestAssets.self, List.self, Lineage.self, Materialize.self, WhyBuilt.self,
        tarn.Checks.self, ChecksList.self, ChecksRun.self, Runs.self,
    ]

    @Test("every command's help is as it was last looked at")
    func help() {
        var text = Tarn.helpMessage(columns: 100)
        for command in Self.commands {
            text += "\n\n========\n" + Tarn.helpMessage(for: command, columns: 100)
        }
        expectGolden(text + "\n", "help.txt")
    }

    @Test("every command says what it is for and explains itself", arguments: commands.indices)
    func explained(index: Int) {
        let configuration = Self.commands[index].configuration
        #expect(configuration.abstract.hasSuffix("."))
        #expect(!configuration.discussion.isEmpty)
    }

    @Test(
        "wrong usage is refused before anything is opened",
        arguments: [
            ["query"], ["query", "SELECT 1", "--at-version", "1", "--at-time", "2026-01-01"],
            ["query", "SELECT 1", "--at-time", "yesterday"], ["query", "SELECT 1", "--format", "parquet"],
            ["query", "SELECT 1", "--format", "excel"], ["source", "add", "Shop", "--connection", "a"],
            ["source", "add", "shop"], ["source", "add", "shop", "--connection", "a", "--connection-env", "B"],
            ["source", "add", "shop", "--connection", "a", "--type", "oracle"], ["up", "--log-level", "loud"],
            ["up", "--log-format", "xml"], ["status", "--output", "yaml"], ["describe"], ["nonsense"],
            ["init", ""], ["commits", "--limit", "0"], ["history", "silver.orders", "--limit=-5"],
            ["status", "--watch-seconds", "1"], ["status", "--watch", "--watch-seconds=-5"],
            ["status", "--watch", "--watch-seconds", "0"], ["verify", "shop", "--wait=-1"],
            ["register", "ref.a/b", "/a.json"], ["register", "ref", "/a.json"],
            ["query", "SELECT 1", "--branch", "a", "--tag", "b"],
            ["query", "SELECT 1", "--branch", "a", "--at-version", "1"],
            ["diff"], ["diff", "1", "2", "a.b", "c.d"], ["branch", "create"], ["branch", "publish", "x", "table"],
            ["materialize", "--resume", "gold.x"], ["why-built"],
        ]
    )
    func usage(arguments: [String]) {
        do {
            _ = try Tarn.parseAsRoot(arguments)
            Issue.record("accepted")
        } catch {
            #expect(Tarn.exitCode(for: error) == .validationFailure)
        }
    }

    @Test("what is wrong with a registered table's file is said of the path that was given")
    func registerErrors() {
        let missing = Register.explained(
            TarnError(.objectMissing, "None.", detail: ["key": "nope.json"]),
            metadata: "/nope.json"
        )
        #expect(missing.code == .objectMissing && missing.detail.map(\.value) == ["/nope.json"])
        let damaged = Register.explained(
            TarnError(.corruptData, "It is no JSON.", detail: ["object": "/a.json"]),
            metadata: "/a.json"
        )
        #expect(damaged.message == "It is no JSON." && damaged.detail.map(\.value) == ["/a.json"])
        for error in [missing, damaged] {
            #expect(!error.remedy.contains("tarn.yaml") && !error.remedy.contains("Restore"))
        }
        let log = TarnError(.corruptData, "The log.", detail: ["key": "_tarn/log/7.json"])
        #expect(Register.explained(log, metadata: "/a.json").description == log.description)
    }

    @Test("options reach their commands")
    func options() throws {
        let add = try #require(
            try Tarn.parseAsRoot([
                "source", "add", "shop", "--connection", "a", "--tables", "a.*,b.c", "d.e", "--exclude", "a.x",
            ]) as? SourceAdd
        )
        #expect(add.name == "shop" && add.tables == ["a.*,b.c", "d.e"] && add.exclude == ["a.x"])
        let up = try #require(try Tarn.parseAsRoot(["up", "--log-format", "json", "--log-level", "DEBUG"]) as? Up)
        #expect(up.logFormat == .json && up.logLevel == .debug)
        let query = try #require(try Tarn.parseAsRoot(["query", "SELECT 1", "--format", "csv"]) as? Query)
        #expect(query.sql == "SELECT 1" && query.format == .csv)
    }
}
