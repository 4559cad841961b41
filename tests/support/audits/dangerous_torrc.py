"""Lines of a torrc that let somebody steer tor, watch it, or find whom it serves; tor itself calls nearly all valid.

Each is planted alone into a torrc that is otherwise right. DIR is a folder of the test's own. Addresses are those kept
for documentation.
"""

from __future__ import annotations

_AUTHORITY = (
    "a orport=1 v3ident=0123456789ABCDEF0123456789ABCDEF01234567 192.0.2.1:80 0123456789ABCDEF0123456789ABCDEF01234567"
)
_PASSWORD = "16:872860B76453A77D60CA2BB8C1A7042072093276A3D701AD684053EC4C"  # "foo", from tor's manual

# Who may steer it.
STEERED = (
    "ControlSocket unix:DIR/second WorldWritable",
    "ControlSocket unix:DIR/second",
    "ControlSocket unix:DIR/second GroupWritable",
    "ControlSocket unix:DIR/second RelaxDirModeCheck",
    "ControlSocketsGroupWritable 1",
    f"HashedControlPassword {_PASSWORD}",
    f"__HashedControlSessionPassword {_PASSWORD}",
    "CookieAuthFile DIR/everybodys",
    "CookieAuthFileGroupReadable 1",
    "ControlPort 127.0.0.1:9051",
    "ControlPort unix:DIR/port WorldWritable",
    "__ControlPort 127.0.0.1:9051",
    "ControlPortWriteToFile DIR/port.txt",
    "ControlPortFileGroupReadable 1",
    "__LeaveStreamsUnattached 1",
    "__ReloadTorrcOnSIGHUP 0",
    "__DisableSignalHandlers 1",
)
# Which relays see it, and for how long.
RELAYS = (
    "EntryNodes $0123456789ABCDEF0123456789ABCDEF01234567",
    "MiddleNodes $0123456789ABCDEF0123456789ABCDEF01234567",
    "ExitNodes $0123456789ABCDEF0123456789ABCDEF01234567",
    "HSLayer2Nodes $0123456789ABCDEF0123456789ABCDEF01234567",
    "HSLayer3Nodes $0123456789ABCDEF0123456789ABCDEF01234567",
    "ExcludeNodes {se}",
    "ExcludeExitNodes {se}",
    "NodeFamily $0123456789ABCDEF0123456789ABCDEF01234567,$89ABCDEF0123456789ABCDEF0123456789ABCDEF",
    "StrictNodes 1",
    "EnforceDistinctSubnets 0",
    "UseEntryGuards 0",
    "NumEntryGuards 8",
    "NumPrimaryGuards 8",
    "NumDirectoryGuards 8",
    "GuardLifetime 1 days",
    "VanguardsLiteEnabled 0",
    "MaxCircuitDirtiness 10 days",
    "NewCircuitPeriod 1 days",
    "MaxClientCircuitsPending 1",
    "CircuitBuildTimeout 2",
    "LearnCircuitBuildTimeout 0",
    "PathBiasCircThreshold 1000000",
    "PathBiasDropGuards 1",
    "PathsNeededToBuildCircuits 0.25",
    "LongLivedPorts 80",
    "__DisablePredictedCircuits 1",
)
# Whose directories it believes.
DIRECTORIES = (
    f"DirAuthority {_AUTHORITY}",
    f"AlternateDirAuthority {_AUTHORITY}",
    "FallbackDir 192.0.2.1:80 orport=1 id=0123456789ABCDEF0123456789ABCDEF01234567",
    "UseDefaultFallbackDirs 0",
    "FetchUselessDescriptors 1",
    "TestingTorNetwork 1",
    "ClientUseIPv4 0",
    "%include DIR/more",
)
# Through whom it goes out.
UPSTREAM = (
    "Socks4Proxy 192.0.2.1:1080",
    "Socks5Proxy 192.0.2.1:1080",
    "HTTPSProxy 192.0.2.1:3128",
    "TCPProxy haproxy 192.0.2.1:3128",
    "UseBridges 1\nBridge 192.0.2.1:443",
    "Bridge 192.0.2.1:443",
    "ClientTransportPlugin obfs4 exec /usr/bin/obfs4proxy",
    "ReachableAddresses accept 192.0.2.0/24:443,reject *:*",
    "FascistFirewall 1",
    "OutboundBindAddress 192.0.2.7",
)
# What it lets in, or carries for others.
LISTENERS = (
    "SocksPort 0.0.0.0:9050",
    "SocksPort unix:DIR/s2 WorldWritable",
    "SocksPort unix:DIR/s2 NoIsolateSOCKSAuth",
    "__SocksPort unix:DIR/s2 WorldWritable",
    "SocksPolicy accept *",
    "TransPort 9040",
    "NATDPort 9041",
    "DNSPort 9053",
    "HTTPTunnelPort 9080",
    "MetricsPort 127.0.0.1:9035",
    "ORPort 9001",
    "ExtORPort auto",
    "DirPort 9030",
    "ExitRelay 1",
    "ExitPolicy accept *:*",
    "BridgeRelay 1",
    "MapAddress www.example.com 192.0.2.1",
    "AutomapHostsOnResolve 1",
    "ServerDNSResolvConfFile DIR/resolv.conf",
)
# Onions beside those of the keeper, and what tells on them.
ONIONS = (
    "HiddenServiceDir DIR/hs\nHiddenServicePort 80 unix:DIR/x",
    "HiddenServiceDir DIR/hs\nHiddenServicePort 80 unix:DIR/x\nHiddenServiceExportCircuitID haproxy",
    "HiddenServiceDir DIR/hs\nHiddenServicePort 80 unix:DIR/x\nHiddenServiceNumIntroductionPoints 20",
    "HiddenServiceSingleHopMode 1",
    "HiddenServiceNonAnonymousMode 1",
    "ClientOnionAuthDir DIR/auth",
    "PublishHidServDescriptors 0",
)
# What it writes down, or shows.
TRACES = (
    "SafeLogging 0",
    "SafeLogging relay",
    "Log info file DIR/log",
    "Log notice syslog",
    "LogMessageDomains 1",
    "LogTimeGranularity 1",
    "HeartbeatPeriod 30 minutes",
    "AvoidDiskWrites 0",
    "TestSocks 1",
    "ProtocolWarnings 1",
    "DataDirectory DIR/elsewhere",
    "CacheDirectory DIR/elsewhere",
    "KeyDirectory DIR/elsewhere",
    "PidFile DIR/pid",
    "HiddenServiceStatistics 0",
)
# How much of it can be watched from the wire, or from this computer.
HARDENING = (
    "ConnectionPadding 0",
    "ReducedConnectionPadding 1",
    "CircuitPadding 0",
    "ReducedCircuitPadding 1",
    "KeepalivePeriod 10",
    "Schedulers Vanilla",
    "ConfluxEnabled 0",
    "BandwidthRate 100 KB",
    "DormantTimeoutEnabled 1",
    "Sandbox 0",
    "NoExec 0",
    "DisableDebuggerAttachment 0",
    "User nobody",
    "RunAsDaemon 1",
    "ClientOnly 0",
    "HardwareAccel 1\nAccelName evil",
    "ClientRejectInternalAddresses 0",
    "AllowNonRFC953Hostnames 1",
)
# How they could be spelled so that a reader passes over them.
SPELLINGS = (
    "safelogging 0",
    "SafeLog 0",
    'SafeLogging "0"',
    'SafeLogging "\\x30"',
    "SafeLogging \\\n0",
    "/SafeLogging",
    "+SocksPort 0.0.0.0:9050",
    "Con 1",
    "# a comment does not go on \\\nControlPort 9051",
    'DataDirectory DIR/d"#\\\nControlPort 9051',
    "ControlPort\t9051",
)

DANGEROUS = (
    *STEERED, *RELAYS, *DIRECTORIES, *UPSTREAM, *LISTENERS, *ONIONS, *TRACES, *HARDENING, *SPELLINGS,
)  # fmt: skip
