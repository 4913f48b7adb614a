"""A secret's value appears nowhere: in no output, log, record, argument list, error or message on the wire."""

import base64
import json
import pathlib
import uuid

import stubs
from harness import NO_WINDOW, HolonTest, main

SERVICE = "/holon.v1.RuntimeControl/"
# Neither may be left out where files are looked at.
FILES_OF_A_RUNTIME = {"daemon.json", "daemon.log", "audit.log"}
OTHER = ("log.level", "debug")


def needles(value):
    """What of a value must not be found, by name. All but the value itself is of its beginning."""
    value = value.encode()
    begin = value[:8]
    return {
        "the value": value,
        "its first bytes": begin,
        "its hex": begin.hex().encode(),
        "its hex in capitals": begin.hex().upper().encode(),
        "its base64": base64.b64encode(value[:9]),
        "its base64 for URLs": base64.urlsafe_b64encode(value[:9]),
    }


def fresh():
    """A value that occurs nowhere by chance, and whose base64 differs for URLs."""
    return f"~~?{uuid.uuid4().hex}"


class Way:
    """How a home and its commands are given a secret."""

    def __init__(self, home, row, name):
        self.home = home
        self.row = row
        self.name = name
        self.file = home.root / "user" / "token"
        self.config = {"control_addr": "127.0.0.1:0"}

    def give(self, value):
        """Environment and options of every command from now on."""
        path, variable = self.row["path"], self.row["variable"]
        config, env, options = dict(self.config), {}, ()
        self.file.write_text(value + "\n", encoding="utf-8")
        self.file.chmod(0o600)
        if self.name == "file":
            config[path] = value
        elif self.name == "variable":
            env[variable] = value
        elif self.name == "file named in the file":
            config[path + "_file"] = str(self.file)
        elif self.name == "file named in a variable":
            env[variable + "_FILE"] = str(self.file)
        else:
            options = ("--set", f"{path}_file={self.file}")
        self.home.write_config(config)
        return env, options


WAYS = ("file", "variable", "file named in the file", "file named in a variable",
        "file named in an option")


class SecretsTest(HolonTest):
    def setUp(self):
        super().setUp()
        self.values = []

    def secrets(self):
        rows = [row for row in self.home.ctl("config", "list", "--json").json["settings"]
                if row["type"] == "secret"]
        self.assertTrue(rows)
        return rows

    def look(self, where, content):
        for value in self.values:
            for name, needle in needles(value).items():
                if needle in content:
                    at = content.index(needle)
                    self.fail(f"{where} holds {name}: {content[max(0, at - 200):at + 60]!r}")

    def look_at_files(self, home):
        """Everything in the home and beside it but what holds the secret by the user's own will."""
        looked = set()
        for path in home.root.rglob("*"):
            if path in (home.config_file, home.root / "user" / "token") or not path.is_file():
                continue
            looked.add(path.name)
            self.look(path, path.read_bytes())
        return looked

    def look_at_process(self, pid, *sources):
        for source in sources:
            path = pathlib.Path(f"/proc/{pid}/{source}")
            content = path.read_bytes()
            self.assertTrue(content, path)
            self.look(path, content)

    def ask(self, home, method, messages, stream=False, **fields):
        """The bytes of the answer as they came, or of what was said of a failure."""
        import grpc

        channel, _ = stubs.control(home.socket)
        with channel:
            make = channel.unary_stream if stream else channel.unary_unary
            call = make(SERVICE + method, request_serializer=lambda m: m.SerializeToString(),
                        response_deserializer=bytes)
            try:
                answer = call(messages(**fields), timeout=100)
                content = next(answer) if stream else answer
                if stream:
                    answer.cancel()
                self.assertTrue(content)
            except grpc.RpcError as error:
                details = dict(error.trailing_metadata() or ())
                content = repr((error.code(), error.details(), details)).encode()
        self.look(f"the answer of {method}", content)
        return content

    def look_at_wire(self, home, field):
        message = stubs.message
        self.ask(home, "RuntimeStatus", message("RuntimeStatusRequest"))
        self.ask(home, "Readiness", message("ReadinessRequest"))
        self.ask(home, "WatchRuntimeStatus", message("WatchRuntimeStatusRequest"), stream=True)
        self.ask(home, "Reload", message("ReloadRequest"))
        for value in self.values + [fresh(), fresh() + "x" * 5000, fresh() + "é"]:
            self.values.append(value)
            wanted = stubs.config_message("EffectiveConfig")()
            holder = wanted
            *groups, name = field.split(".")
            for group in groups:
                holder = getattr(holder, group)
            setattr(holder, name, value)
            self.ask(home, "CompareConfig", message("CompareConfigRequest"), config=wanted)
            override = stubs.config_message("ConfigOverride")(path=field, value=value)
            answer = self.ask(home, "Reload", message("ReloadRequest"), overrides=[override])
            self.assertIn(b"INVALID_ARGUMENT", answer)

    def commands(self, home, form, env, options):
        """A function that runs a command in one form and looks at all of it."""
        def run(exits, *arguments, env=env, options=options):
            result = home.ctl(*arguments, *options, *form, env=env)
            self.look(f"the output of {arguments}", (result.out + result.err).encode(
                errors="surrogateescape"))
            self.assertIn(result.exit, exits if isinstance(exits, tuple) else (exits,), str(result))
            return result
        return run

    def run_config_commands(self, run, field):
        for arguments in (["show"], ["show", "--origin"], ["get", field], ["list"], ["validate"],
                          ["path"], ["set", *OTHER], ["unset", OTHER[0]]):
            run(0, "config", *arguments)
        shown = run(0, "config", "get", field)
        self.assertTrue("<set>" in shown.out or '"value":null' in shown.out and '"secret_state":"set"' in shown.out,
                        str(shown))

    def watch_once(self, home, form, env, options):
        watch = home.spawn_ctl("status", "--watch", *options, *form, env=env)
        self.look("the first line of a watch", watch.read_line().encode())
        self.look_at_process(watch.pid, "cmdline")
        result = watch.interrupt()
        self.look("a watch", (result.out + result.err).encode())

    def live(self, row, way_name, form):
        """A life of a runtime with a secret, and every command in it."""
        home = self.new_home()
        way = Way(home, row, way_name)
        field = row["path"]
        first, second = fresh(), fresh()
        self.values = [first]
        env, options = way.give(first)
        run = self.commands(home, form, env, options)
        self.run_config_commands(run, field)
        for arguments in (["status"], ["logs"], ["diff"]):
            run((0, 1, 3, 5), *arguments)
        run((0, 1), "config", "fingerprint")
        run(0, "version")
        home.serving = True
        run(0, "start", *NO_WINDOW)
        pid = home.pid()
        self.look_at_process(pid, "cmdline", "environ")
        self.run_config_commands(run, field)
        for arguments in (["status"], ["config", "fingerprint"], ["diff"], ["logs"],
                          ["logs", "--audit"], ["wait", "--for", "ready", "--timeout", "60s"],
                          ["version"], ["start"], ["ensure"], ["reload"], ["stop", "--plan"]):
            run(0, *arguments)
        run(0, "ensure", "--set", "=".join(OTHER))
        run(0, "reload", "--set", f"{OTHER[0]}=warning")
        self.watch_once(home, form, env, options)
        self.look_at_wire(home, field)
        self.assertLessEqual(FILES_OF_A_RUNTIME, self.look_at_files(home))

        self.values.append(second)
        env, options = way.give(second)
        run = self.commands(home, form, env, options)
        self.assertIn("<differs>", run(5, "diff").out)
        run(5, "start", *NO_WINDOW)
        run(0, "status")
        self.assertIn(field, run(5, "reload").out + run(5, "reload").err)
        run(0, "ensure", *NO_WINDOW)
        self.assertNotEqual(pid, home.pid())
        self.look_at_process(home.pid(), "cmdline", "environ")
        run(0, "restart", *NO_WINDOW)
        self.fail_with_bad_secrets(home, way, form)
        env, options = way.give(second)
        run = self.commands(home, form, env, options)
        run(0, "status")
        run(0, "stop")
        home.serving = False
        run(3, "status")
        run(0, "logs")
        self.look_at_files(home)

    def fail_with_bad_secrets(self, home, way, form):
        for value in (fresh() + "x" * 4999, fresh() + "\u00e9", fresh() + " x", fresh() + "\x1b"):
            self.values.append(value)
            env, options = way.give(value)
            run = self.commands(home, form, env, options)
            run(2, "config", "validate")
            for arguments in (["config", "show"], ["config", "fingerprint"], ["config", "get", "home_dir"],
                              ["diff"], ["start"], ["ensure"], ["restart"], ["reload"]):
                run((0, 1, 2, 5), *arguments)
            run(0, "status")
            run(0, "stop", "--plan")
            self.look_at_files(home)

    def test_it_appears_nowhere(self):
        for row in self.secrets():
            # What is printed does not depend on where it came from: each way once, each form once.
            for number, way in enumerate(WAYS):
                form = ("--json",) if number % 2 else ()
                with self.subTest(field=row["path"], way=way, form=form):
                    self.live(row, way, form)

    def test_refused_on_the_command_line_it_is_kept_nowhere(self):
        for row in self.secrets():
            for form in ((), ("--json",)):
                with self.subTest(field=row["path"], form=form):
                    self.refuse_options(row["path"], form)

    def refuse_options(self, field, form):
        home = self.new_home()
        for written in (["--set", f"{field}={{}}"], [f"--set={field}={{}}"],
                        ["--set", f"{field}x={{}}"], ["--set", f" {field}={{}}"]):
            home.start()
            value = fresh()
            self.values = [value]
            options = tuple(part.format(value) for part in written)
            run = self.commands(home, form, {}, options)
            run(2, "config", "validate")
            run(2, "config", "set", field, value, options=())
            for command in ("start", "restart", "ensure"):
                run(2, command)
            run((0, 2), "reload")
            run((0, 2), "diff")
            run(0, "status")
            run(0, "logs")
            self.look_at_files(home)
            # Whatever is wrong with the configuration, a stop stops.
            run(0, "stop")
            home.serving = False
            run(3, "status")
            looked = self.look_at_files(home)
            self.assertLessEqual({"daemon.log", "audit.log"}, looked)

    def test_typed_where_none_belongs_it_is_not_repeated(self):
        for row in self.secrets():
            field, variable = row["path"], row["variable"]
            dashes = field.replace("_", "-")
            value = fresh()
            self.values = [value]
            words = [["start", f"--{field}={value}"], ["start", f"--{field}", value],
                     ["start", f"--{dashes}={value}"], ["start", f"--{dashes}", value],
                     ["start", field, value], ["start", f"{field}={value}"],
                     ["start", f"{variable}={value}"], ["start", f"--{field}x={value}"],
                     ["start", "--set", field, value], ["start", f"--set={field}", value],
                     ["start", "--set", f"{field}x", value], ["start", "--set", field, "=", value],
                     ["start", "--set", f"{field}=", value], ["start", f"--se={field}={value}"],
                     ["config", "set", field, "x", value], ["config", "set", f"{field}={value}"],
                     ["config", "set", f"{field}={value}", "x"],
                     ["config", "set", f"{field[:-1]}={value}", "x"],
                     ["config", "get", field, value], ["config", "get", f"{field}={value}"],
                     ["config", "get", f"{field[:-1]}={value}"],
                     ["config", "unset", field, value], ["config", "unset", f"{field}={value}"],
                     ["config", "validate", f"{field}={value}"], [f"{field}={value}"],
                     [field, value], [f"--{field}={value}", "status"]]
            for arguments in words:
                for form in ((), ("--json",)):
                    with self.subTest(arguments=arguments, form=form):
                        result = self.home.ctl(*arguments, *form)
                        self.refused(result)
                        with_path = any(field in word for word in arguments)
                        if with_path and "x=" not in str(arguments):
                            self.assertIn(field, result.out + result.err)
            for arguments in (["--set", field, value], ["--set", field, "=", value],
                              [f"--set={field}", value], [f"--{field}={value}"],
                              [f"--{field}", value], [field, value], [f"{field}={value}"],
                              [f"{field[:-1]}={value}"], [f"--{dashes}={value}"]):
                with self.subTest("holond", arguments=arguments):
                    self.refused(self.home.holond(*arguments))

    def refused(self, result):
        self.assert_exit(2, result)
        self.look("what was said", (result.out + result.err).encode())

    def test_a_restart_that_is_not_given_it_again_says_so(self):
        for row in self.secrets():
            way = Way(self.home, row, "variable")
            self.values = [fresh()]
            env, _ = way.give(self.values[0])
            self.home.start(env=env)
            run = self.commands(self.home, ("--json",), {}, ())
            result = run(2, "restart", *NO_WINDOW)
            self.assertIn(row["variable"], result.out)
            self.home.stop()

    def test_all_fields_marked_so_are_secrets(self):
        secret = stubs.load("options_pb2").secret
        paths = set()

        def walk(descriptor, prefix):
            for field in descriptor.fields:
                if field.GetOptions().Extensions[secret]:
                    paths.add(prefix + field.name)
                if field.message_type is not None:
                    walk(field.message_type, f"{prefix}{field.name}.")

        walk(stubs.config_message("EffectiveConfig").DESCRIPTOR, "")
        self.assertEqual(paths, {row["path"] for row in self.secrets()})

    def test_the_look_finds_what_is_there(self):
        value = fresh()
        self.values = [value]
        for content in (value, value[:8], value.encode().hex(), value.encode().hex().upper(),
                        base64.b64encode(value.encode()).decode(), json.dumps({"a": value})):
            with self.assertRaises(AssertionError):
                self.look("a test", b"... " + content.encode() + b" ...")
        self.home.make()
        (self.home.run_dir / "left").write_text(value, encoding="utf-8")
        with self.assertRaises(AssertionError):
            self.look_at_files(self.home)
        watch = self.home.spawn_ctl("status", "--watch", "--json", env={"ANY": value})
        watch.read_line()
        with self.assertRaises(AssertionError):
            self.look_at_process(watch.pid, "environ")
        watch.interrupt()


if __name__ == "__main__":
    main()
