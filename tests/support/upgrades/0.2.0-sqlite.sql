BEGIN TRANSACTION;
CREATE TABLE "auth_group" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "name" varchar(150) NOT NULL UNIQUE);
INSERT INTO "auth_group" VALUES(1,'readers');
INSERT INTO "auth_group" VALUES(2,'editors');
CREATE TABLE "auth_group_permissions" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "group_id" integer NOT NULL REFERENCES "auth_group" ("id") DEFERRABLE INITIALLY DEFERRED, "permission_id" integer NOT NULL REFERENCES "auth_permission" ("id") DEFERRABLE INITIALLY DEFERRED);
INSERT INTO "auth_group_permissions" VALUES(1,1,80);
INSERT INTO "auth_group_permissions" VALUES(2,1,44);
CREATE TABLE "auth_permission" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "content_type_id" integer NOT NULL REFERENCES "django_content_type" ("id") DEFERRABLE INITIALLY DEFERRED, "codename" varchar(100) NOT NULL, "name" varchar(255) NOT NULL);
INSERT INTO "auth_permission" VALUES(1,1,'add_logentry','Can add log entry');
INSERT INTO "auth_permission" VALUES(2,1,'change_logentry','Can change log entry');
INSERT INTO "auth_permission" VALUES(3,1,'delete_logentry','Can delete log entry');
INSERT INTO "auth_permission" VALUES(4,1,'view_logentry','Can view log entry');
INSERT INTO "auth_permission" VALUES(5,2,'add_permission','Can add permission');
INSERT INTO "auth_permission" VALUES(6,2,'change_permission','Can change permission');
INSERT INTO "auth_permission" VALUES(7,2,'delete_permission','Can delete permission');
INSERT INTO "auth_permission" VALUES(8,2,'view_permission','Can view permission');
INSERT INTO "auth_permission" VALUES(9,3,'add_group','Can add group');
INSERT INTO "auth_permission" VALUES(10,3,'change_group','Can change group');
INSERT INTO "auth_permission" VALUES(11,3,'delete_group','Can delete group');
INSERT INTO "auth_permission" VALUES(12,3,'view_group','Can view group');
INSERT INTO "auth_permission" VALUES(13,4,'add_user','Can add user');
INSERT INTO "auth_permission" VALUES(14,4,'change_user','Can change user');
INSERT INTO "auth_permission" VALUES(15,4,'delete_user','Can delete user');
INSERT INTO "auth_permission" VALUES(16,4,'view_user','Can view user');
INSERT INTO "auth_permission" VALUES(17,5,'add_contenttype','Can add content type');
INSERT INTO "auth_permission" VALUES(18,5,'change_contenttype','Can change content type');
INSERT INTO "auth_permission" VALUES(19,5,'delete_contenttype','Can delete content type');
INSERT INTO "auth_permission" VALUES(20,5,'view_contenttype','Can view content type');
INSERT INTO "auth_permission" VALUES(21,6,'add_session','Can add session');
INSERT INTO "auth_permission" VALUES(22,6,'change_session','Can change session');
INSERT INTO "auth_permission" VALUES(23,6,'delete_session','Can delete session');
INSERT INTO "auth_permission" VALUES(24,6,'view_session','Can view session');
INSERT INTO "auth_permission" VALUES(25,7,'add_accessattempt','Can add access attempt');
INSERT INTO "auth_permission" VALUES(26,7,'change_accessattempt','Can change access attempt');
INSERT INTO "auth_permission" VALUES(27,7,'delete_accessattempt','Can delete access attempt');
INSERT INTO "auth_permission" VALUES(28,7,'view_accessattempt','Can view access attempt');
INSERT INTO "auth_permission" VALUES(29,8,'add_accesslog','Can add access log');
INSERT INTO "auth_permission" VALUES(30,8,'change_accesslog','Can change access log');
INSERT INTO "auth_permission" VALUES(31,8,'delete_accesslog','Can delete access log');
INSERT INTO "auth_permission" VALUES(32,8,'view_accesslog','Can view access log');
INSERT INTO "auth_permission" VALUES(33,9,'add_accessfailurelog','Can add access failure');
INSERT INTO "auth_permission" VALUES(34,9,'change_accessfailurelog','Can change access failure');
INSERT INTO "auth_permission" VALUES(35,9,'delete_accessfailurelog','Can delete access failure');
INSERT INTO "auth_permission" VALUES(36,9,'view_accessfailurelog','Can view access failure');
INSERT INTO "auth_permission" VALUES(37,10,'add_accessattemptexpiration','Can add access attempt expiration');
INSERT INTO "auth_permission" VALUES(38,10,'change_accessattemptexpiration','Can change access attempt expiration');
INSERT INTO "auth_permission" VALUES(39,10,'delete_accessattemptexpiration','Can delete access attempt expiration');
INSERT INTO "auth_permission" VALUES(40,10,'view_accessattemptexpiration','Can view access attempt expiration');
INSERT INTO "auth_permission" VALUES(41,11,'add_run','Can add run');
INSERT INTO "auth_permission" VALUES(42,11,'change_run','Can change run');
INSERT INTO "auth_permission" VALUES(43,11,'delete_run','Can delete run');
INSERT INTO "auth_permission" VALUES(44,11,'view_run','Can view run');
INSERT INTO "auth_permission" VALUES(45,12,'add_executor','Can add executor');
INSERT INTO "auth_permission" VALUES(46,12,'change_executor','Can change executor');
INSERT INTO "auth_permission" VALUES(47,12,'delete_executor','Can delete executor');
INSERT INTO "auth_permission" VALUES(48,12,'view_executor','Can view executor');
INSERT INTO "auth_permission" VALUES(49,13,'add_segment','Can add segment');
INSERT INTO "auth_permission" VALUES(50,13,'change_segment','Can change segment');
INSERT INTO "auth_permission" VALUES(51,13,'delete_segment','Can delete segment');
INSERT INTO "auth_permission" VALUES(52,13,'view_segment','Can view segment');
INSERT INTO "auth_permission" VALUES(53,14,'add_delivery','Can add delivery');
INSERT INTO "auth_permission" VALUES(54,14,'change_delivery','Can change delivery');
INSERT INTO "auth_permission" VALUES(55,14,'delete_delivery','Can delete delivery');
INSERT INTO "auth_permission" VALUES(56,14,'view_delivery','Can view delivery');
INSERT INTO "auth_permission" VALUES(57,15,'add_deliveriespruned','Can add deliveries pruned');
INSERT INTO "auth_permission" VALUES(58,15,'change_deliveriespruned','Can change deliveries pruned');
INSERT INTO "auth_permission" VALUES(59,15,'delete_deliveriespruned','Can delete deliveries pruned');
INSERT INTO "auth_permission" VALUES(60,15,'view_deliveriespruned','Can view deliveries pruned');
INSERT INTO "auth_permission" VALUES(61,16,'add_tally','Can add tally');
INSERT INTO "auth_permission" VALUES(62,16,'change_tally','Can change tally');
INSERT INTO "auth_permission" VALUES(63,16,'delete_tally','Can delete tally');
INSERT INTO "auth_permission" VALUES(64,16,'view_tally','Can view tally');
INSERT INTO "auth_permission" VALUES(65,17,'add_retentionclock','Can add retention clock');
INSERT INTO "auth_permission" VALUES(66,17,'change_retentionclock','Can change retention clock');
INSERT INTO "auth_permission" VALUES(67,17,'delete_retentionclock','Can delete retention clock');
INSERT INTO "auth_permission" VALUES(68,17,'view_retentionclock','Can view retention clock');
INSERT INTO "auth_permission" VALUES(69,18,'add_app','Can add app');
INSERT INTO "auth_permission" VALUES(70,18,'change_app','Can change app');
INSERT INTO "auth_permission" VALUES(71,18,'delete_app','Can delete app');
INSERT INTO "auth_permission" VALUES(72,18,'view_app','Can view app');
INSERT INTO "auth_permission" VALUES(73,19,'add_revision','Can add revision');
INSERT INTO "auth_permission" VALUES(74,19,'change_revision','Can change revision');
INSERT INTO "auth_permission" VALUES(75,19,'delete_revision','Can delete revision');
INSERT INTO "auth_permission" VALUES(76,19,'view_revision','Can view revision');
INSERT INTO "auth_permission" VALUES(77,20,'add_sink','Can add sink');
INSERT INTO "auth_permission" VALUES(78,20,'change_sink','Can change sink');
INSERT INTO "auth_permission" VALUES(79,20,'delete_sink','Can delete sink');
INSERT INTO "auth_permission" VALUES(80,20,'view_sink','Can view sink');
INSERT INTO "auth_permission" VALUES(81,21,'add_refusal','Can add refusal');
INSERT INTO "auth_permission" VALUES(82,21,'change_refusal','Can change refusal');
INSERT INTO "auth_permission" VALUES(83,21,'delete_refusal','Can delete refusal');
INSERT INTO "auth_permission" VALUES(84,21,'view_refusal','Can view refusal');
INSERT INTO "auth_permission" VALUES(85,22,'add_outcome','Can add outcome');
INSERT INTO "auth_permission" VALUES(86,22,'change_outcome','Can change outcome');
INSERT INTO "auth_permission" VALUES(87,22,'delete_outcome','Can delete outcome');
INSERT INTO "auth_permission" VALUES(88,22,'view_outcome','Can view outcome');
INSERT INTO "auth_permission" VALUES(89,23,'add_apitoken','Can add API token');
INSERT INTO "auth_permission" VALUES(90,23,'change_apitoken','Can change API token');
INSERT INTO "auth_permission" VALUES(91,23,'delete_apitoken','Can delete API token');
INSERT INTO "auth_permission" VALUES(92,23,'view_apitoken','Can view API token');
INSERT INTO "auth_permission" VALUES(93,24,'add_deletedapp','Can add deleted app');
INSERT INTO "auth_permission" VALUES(94,24,'change_deletedapp','Can change deleted app');
INSERT INTO "auth_permission" VALUES(95,24,'delete_deletedapp','Can delete deleted app');
INSERT INTO "auth_permission" VALUES(96,24,'view_deletedapp','Can view deleted app');
INSERT INTO "auth_permission" VALUES(97,25,'add_membership','Can add member');
INSERT INTO "auth_permission" VALUES(98,25,'change_membership','Can change member');
INSERT INTO "auth_permission" VALUES(99,25,'delete_membership','Can delete member');
INSERT INTO "auth_permission" VALUES(100,25,'view_membership','Can view member');
CREATE TABLE "auth_user" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "password" varchar(128) NOT NULL, "last_login" datetime NULL, "is_superuser" bool NOT NULL, "username" varchar(150) NOT NULL UNIQUE, "last_name" varchar(150) NOT NULL, "email" varchar(254) NOT NULL, "is_staff" bool NOT NULL, "is_active" bool NOT NULL, "date_joined" datetime NOT NULL, "first_name" varchar(150) NOT NULL);
INSERT INTO "auth_user" VALUES(1,'pbkdf2_sha256$1$BGbnP3U2ajElXg9PXVDaPM$bR3UQwIH3FOZQtRwqEiRTg5AseVPHHDK6vuXOaO+VNI=','2026-11-30 20:27:18.300962',1,'admin','','admin@example.com',1,1,'2026-11-30 20:27:06.872651','');
INSERT INTO "auth_user" VALUES(2,'pbkdf2_sha256$1$ws7beOsqbpwRmnwFoJBZwe$04pak69wrKRaup/W0Z27htJ+toH+Ev04wNlJiUcoJGQ=',NULL,0,'vera','Example','vera@example.com',1,1,'2026-11-30 20:27:07.902950','Vera');
INSERT INTO "auth_user" VALUES(3,'pbkdf2_sha256$1$pExYektaIlTxksnaFQgtKO$nh5jvJvJNQQmUHUnyX6UpdG/RpZ6b8gE0vue/fT2iNc=',NULL,0,'ed','Example','ed@example.com',1,1,'2026-11-30 20:27:07.950631','Ed');
INSERT INTO "auth_user" VALUES(4,'pbkdf2_sha256$1$m6ug2G1dqfepmmmtARXGxA$2O2/kdO0QfONyJDYjIRmc/P/ZdEswqzY2lYpkfQiCDw=',NULL,0,'olga','Example','olga@example.com',1,1,'2026-11-30 20:27:07.998661','Olga');
INSERT INTO "auth_user" VALUES(5,'pbkdf2_sha256$1$lIE21OoftJ8ESgFbTKXQau$j81wYjDizp1mrYPVJOGjlQzZfmYI4aWN4r1F3K1g7UQ=',NULL,0,'guest','','',0,0,'2026-11-30 20:27:08.054708','');
CREATE TABLE "auth_user_groups" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED, "group_id" integer NOT NULL REFERENCES "auth_group" ("id") DEFERRABLE INITIALLY DEFERRED);
INSERT INTO "auth_user_groups" VALUES(1,2,1);
INSERT INTO "auth_user_groups" VALUES(2,3,1);
INSERT INTO "auth_user_groups" VALUES(3,4,1);
CREATE TABLE "auth_user_user_permissions" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED, "permission_id" integer NOT NULL REFERENCES "auth_permission" ("id") DEFERRABLE INITIALLY DEFERRED);
INSERT INTO "auth_user_user_permissions" VALUES(1,2,72);
INSERT INTO "auth_user_user_permissions" VALUES(2,2,78);
INSERT INTO "auth_user_user_permissions" VALUES(3,3,72);
INSERT INTO "auth_user_user_permissions" VALUES(4,3,78);
INSERT INTO "auth_user_user_permissions" VALUES(5,4,72);
INSERT INTO "auth_user_user_permissions" VALUES(6,4,78);
CREATE TABLE "axes_accessattempt" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "user_agent" varchar(255) NOT NULL, "ip_address" char(39) NULL, "username" varchar(255) NULL, "http_accept" varchar(1025) NOT NULL, "path_info" varchar(255) NOT NULL, "attempt_time" datetime NOT NULL, "get_data" text NOT NULL, "post_data" text NOT NULL, "failures_since_start" integer unsigned NOT NULL CHECK ("failures_since_start" >= 0));
INSERT INTO "axes_accessattempt" VALUES(1,'python-httpx/0.28.1','127.0.0.1','mallory','*/*','/admin/login/','2026-11-30 20:27:18.211087','','username=********************
password=********************
csrfmiddlewaretoken=********************',1);
CREATE TABLE "axes_accessattemptexpiration" ("access_attempt_id" integer NOT NULL PRIMARY KEY REFERENCES "axes_accessattempt" ("id") DEFERRABLE INITIALLY DEFERRED, "expires_at" datetime NOT NULL);
CREATE TABLE "axes_accessfailurelog" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "user_agent" varchar(255) NOT NULL, "ip_address" char(39) NULL, "username" varchar(255) NULL, "http_accept" varchar(1025) NOT NULL, "path_info" varchar(255) NOT NULL, "attempt_time" datetime NOT NULL, "locked_out" bool NOT NULL);
CREATE TABLE "axes_accesslog" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "user_agent" varchar(255) NOT NULL, "ip_address" char(39) NULL, "username" varchar(255) NULL, "http_accept" varchar(1025) NOT NULL, "path_info" varchar(255) NOT NULL, "attempt_time" datetime NOT NULL, "logout_time" datetime NULL, "session_hash" varchar(64) NOT NULL);
CREATE TABLE "django_admin_log" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "object_id" text NULL, "object_repr" varchar(200) NOT NULL, "action_flag" smallint unsigned NOT NULL CHECK ("action_flag" >= 0), "change_message" text NOT NULL, "content_type_id" integer NULL REFERENCES "django_content_type" ("id") DEFERRABLE INITIALLY DEFERRED, "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED, "action_time" datetime NOT NULL);
INSERT INTO "django_admin_log" VALUES(1,'2','editors',1,'[{"added": {}}]',3,1,'2026-11-30 20:27:18.349457');
CREATE TABLE "django_content_type" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "app_label" varchar(100) NOT NULL, "model" varchar(100) NOT NULL);
INSERT INTO "django_content_type" VALUES(1,'admin','logentry');
INSERT INTO "django_content_type" VALUES(2,'auth','permission');
INSERT INTO "django_content_type" VALUES(3,'auth','group');
INSERT INTO "django_content_type" VALUES(4,'auth','user');
INSERT INTO "django_content_type" VALUES(5,'contenttypes','contenttype');
INSERT INTO "django_content_type" VALUES(6,'sessions','session');
INSERT INTO "django_content_type" VALUES(7,'axes','accessattempt');
INSERT INTO "django_content_type" VALUES(8,'axes','accesslog');
INSERT INTO "django_content_type" VALUES(9,'axes','accessfailurelog');
INSERT INTO "django_content_type" VALUES(10,'axes','accessattemptexpiration');
INSERT INTO "django_content_type" VALUES(11,'runs','run');
INSERT INTO "django_content_type" VALUES(12,'runs','executor');
INSERT INTO "django_content_type" VALUES(13,'runs','segment');
INSERT INTO "django_content_type" VALUES(14,'runs','delivery');
INSERT INTO "django_content_type" VALUES(15,'runs','deliveriespruned');
INSERT INTO "django_content_type" VALUES(16,'runs','tally');
INSERT INTO "django_content_type" VALUES(17,'runs','retentionclock');
INSERT INTO "django_content_type" VALUES(18,'sinks','app');
INSERT INTO "django_content_type" VALUES(19,'sinks','revision');
INSERT INTO "django_content_type" VALUES(20,'sinks','sink');
INSERT INTO "django_content_type" VALUES(21,'sinks','refusal');
INSERT INTO "django_content_type" VALUES(22,'sinks','outcome');
INSERT INTO "django_content_type" VALUES(23,'sinks','apitoken');
INSERT INTO "django_content_type" VALUES(24,'sinks','deletedapp');
INSERT INTO "django_content_type" VALUES(25,'sinks','membership');
CREATE TABLE "django_migrations" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "app" varchar(255) NOT NULL, "name" varchar(255) NOT NULL, "applied" datetime NOT NULL);
INSERT INTO "django_migrations" VALUES(1,'contenttypes','0001_initial','2026-11-30 20:27:01.287768');
INSERT INTO "django_migrations" VALUES(2,'auth','0001_initial','2026-11-30 20:27:01.354212');
INSERT INTO "django_migrations" VALUES(3,'admin','0001_initial','2026-11-30 20:27:01.399441');
INSERT INTO "django_migrations" VALUES(4,'admin','0002_logentry_remove_auto_add','2026-11-30 20:27:01.447550');
INSERT INTO "django_migrations" VALUES(5,'admin','0003_logentry_add_action_flag_choices','2026-11-30 20:27:01.469379');
INSERT INTO "django_migrations" VALUES(6,'contenttypes','0002_remove_content_type_name','2026-11-30 20:27:01.545228');
INSERT INTO "django_migrations" VALUES(7,'auth','0002_alter_permission_name_max_length','2026-11-30 20:27:01.592150');
INSERT INTO "django_migrations" VALUES(8,'auth','0003_alter_user_email_max_length','2026-11-30 20:27:01.639659');
INSERT INTO "django_migrations" VALUES(9,'auth','0004_alter_user_username_opts','2026-11-30 20:27:01.690790');
INSERT INTO "django_migrations" VALUES(10,'auth','0005_alter_user_last_login_null','2026-11-30 20:27:01.772805');
INSERT INTO "django_migrations" VALUES(11,'auth','0006_require_contenttypes_0002','2026-11-30 20:27:01.785613');
INSERT INTO "django_migrations" VALUES(12,'auth','0007_alter_validators_add_error_messages','2026-11-30 20:27:01.809963');
INSERT INTO "django_migrations" VALUES(13,'auth','0008_alter_user_username_max_length','2026-11-30 20:27:01.864215');
INSERT INTO "django_migrations" VALUES(14,'auth','0009_alter_user_last_name_max_length','2026-11-30 20:27:01.923661');
INSERT INTO "django_migrations" VALUES(15,'auth','0010_alter_group_name_max_length','2026-11-30 20:27:01.969116');
INSERT INTO "django_migrations" VALUES(16,'auth','0011_update_proxy_permissions','2026-11-30 20:27:02.006854');
INSERT INTO "django_migrations" VALUES(17,'auth','0012_alter_user_first_name_max_length','2026-11-30 20:27:02.057423');
INSERT INTO "django_migrations" VALUES(18,'axes','0001_initial','2026-11-30 20:27:02.094648');
INSERT INTO "django_migrations" VALUES(19,'axes','0002_auto_20151217_2044','2026-11-30 20:27:02.253772');
INSERT INTO "django_migrations" VALUES(20,'axes','0003_auto_20160322_0929','2026-11-30 20:27:02.311652');
INSERT INTO "django_migrations" VALUES(21,'axes','0004_auto_20181024_1538','2026-11-30 20:27:02.358210');
INSERT INTO "django_migrations" VALUES(22,'axes','0005_remove_accessattempt_trusted','2026-11-30 20:27:02.388956');
INSERT INTO "django_migrations" VALUES(23,'axes','0006_remove_accesslog_trusted','2026-11-30 20:27:02.412362');
INSERT INTO "django_migrations" VALUES(24,'axes','0007_alter_accessattempt_unique_together','2026-11-30 20:27:02.471254');
INSERT INTO "django_migrations" VALUES(25,'axes','0008_accessfailurelog','2026-11-30 20:27:02.502770');
INSERT INTO "django_migrations" VALUES(26,'axes','0009_add_session_hash','2026-11-30 20:27:02.522088');
INSERT INTO "django_migrations" VALUES(27,'axes','0010_accessattemptexpiration','2026-11-30 20:27:02.544962');
INSERT INTO "django_migrations" VALUES(28,'runs','0001_initial','2026-11-30 20:27:02.617925');
INSERT INTO "django_migrations" VALUES(29,'runs','0002_queued','2026-11-30 20:27:02.692994');
INSERT INTO "django_migrations" VALUES(30,'runs','0003_deliveries','2026-11-30 20:27:02.829458');
INSERT INTO "django_migrations" VALUES(31,'runs','0004_queries','2026-11-30 20:27:02.873708');
INSERT INTO "django_migrations" VALUES(32,'runs','0005_no_pattern_indexes','2026-11-30 20:27:02.901313');
INSERT INTO "django_migrations" VALUES(33,'runs','0006_retention','2026-11-30 20:27:02.911740');
INSERT INTO "django_migrations" VALUES(34,'runs','0007_tallies','2026-11-30 20:27:02.933922');
INSERT INTO "django_migrations" VALUES(35,'runs','0008_fingerprint_text','2026-11-30 20:27:02.946069');
INSERT INTO "django_migrations" VALUES(36,'runs','0009_retention_clock','2026-11-30 20:27:02.964123');
INSERT INTO "django_migrations" VALUES(37,'runs','0010_job_indexes','2026-11-30 20:27:03.007574');
INSERT INTO "django_migrations" VALUES(38,'runs','0011_lease','2026-11-30 20:27:03.127106');
INSERT INTO "django_migrations" VALUES(39,'sessions','0001_initial','2026-11-30 20:27:03.150622');
INSERT INTO "django_migrations" VALUES(40,'sinks','0001_initial','2026-11-30 20:27:03.235163');
INSERT INTO "django_migrations" VALUES(41,'sinks','0002_engine','2026-11-30 20:27:03.307369');
INSERT INTO "django_migrations" VALUES(42,'sinks','0003_deliveries','2026-11-30 20:27:03.890718');
INSERT INTO "django_migrations" VALUES(43,'sinks','0004_default_workflow','2026-11-30 20:27:03.923896');
INSERT INTO "django_migrations" VALUES(44,'sinks','0005_api_tokens','2026-11-30 20:27:03.978751');
INSERT INTO "django_migrations" VALUES(45,'sinks','0006_retention','2026-11-30 20:27:04.030162');
INSERT INTO "django_migrations" VALUES(46,'sinks','0007_deleted_apps','2026-11-30 20:27:04.044321');
INSERT INTO "django_migrations" VALUES(47,'sinks','0008_workflow_checks','2026-11-30 20:27:04.083848');
INSERT INTO "django_migrations" VALUES(48,'sinks','0009_members','2026-11-30 20:27:04.147950');
INSERT INTO "django_migrations" VALUES(49,'sinks','0010_priority','2026-11-30 20:27:04.196492');
INSERT INTO "django_migrations" VALUES(50,'sinks','0011_help_of_bodies','2026-11-30 20:27:04.249484');
INSERT INTO "django_migrations" VALUES(51,'sinks','0012_queue_without_bound','2026-11-30 20:27:04.340855');
INSERT INTO "django_migrations" VALUES(52,'sinks','0013_encrypted_field','2026-11-30 20:27:04.557946');
INSERT INTO "django_migrations" VALUES(53,'sinks','0014_help_texts','2026-11-30 20:27:05.296313');
CREATE TABLE "django_session" ("session_key" varchar(40) NOT NULL PRIMARY KEY, "session_data" text NOT NULL, "expire_date" datetime NOT NULL);
INSERT INTO "django_session" VALUES('ed5s7hbpzy23qfn0v47u32r9l28j227c','.eJxVjDsOwjAQBe_iGlnxHyjpcwZr17vBAWRLcVIh7k4spYB2Zt57iwjbmuPWeIkziatQ4vTLENKTSxf0gHKvMtWyLjPKnsjDNjlW4tftaP8OMrTcbzkkDaCdIQ7OIpjBBuWRlN45KcbgJtBqIlBnkwAsujB4ny77EDiIzxf0gzif:1xY7y2:Z9GZOt9tiGPzU1z348yMwld5kd3s7Axg1POySWOoQFE','2100-01-01 00:00:00');
CREATE TABLE "runs_deliveriespruned" ("app_id" varchar(64) NOT NULL PRIMARY KEY, "before" varchar(48) NOT NULL);
INSERT INTO "runs_deliveriespruned" VALUES('app_pruned','run_01a22e23e80a29a093681bdf5834f4f8fdee7ccfdc15');
CREATE TABLE "runs_delivery" ("run_id" varchar(48) NOT NULL PRIMARY KEY, "method" text NOT NULL, "path" text NOT NULL, "path_params" text NOT NULL CHECK ((JSON_VALID("path_params") OR "path_params" IS NULL)), "query_string" text NOT NULL, "headers" text NOT NULL CHECK ((JSON_VALID("headers") OR "headers" IS NULL)), "client" text NOT NULL, "body" BLOB NOT NULL);
INSERT INTO "runs_delivery" VALUES('run_01a22e23d477edaf344148e8337aa5bbff81ad685d51','POST','/orders/4711','{"order_id":"4711"}','a=1&a=2&b=%C3%A4','[["host","127.0.0.1:30820"],["accept","*/*"],["accept-encoding","gzip, deflate"],["connection","keep-alive"],["user-agent","python-httpx/0.28.1"],["content-length","36"]]','127.0.0.1',X'7B226F72646572223A20343731312C20226974656D73223A205B2261222C202262225D7D');
INSERT INTO "runs_delivery" VALUES('run_01a22e23d53c57ad3d9701c54571c0b43ef8963d3744','POST','/anything','{}','','[["host","127.0.0.1:30820"],["accept","*/*"],["accept-encoding","gzip, deflate"],["connection","keep-alive"],["user-agent","python-httpx/0.28.1"],["content-length","48"],["content-type","application/json"]]','127.0.0.1',X'7B2274657874223A224772C3BCC39F6520F09F9880222C226E6F6E65223A6E756C6C2C226E756D626572223A312E357D');
INSERT INTO "runs_delivery" VALUES('run_01a22e23d63138f353d2bdc3855f36bf2b259c86bf29','PUT','/anything','{}','','[["host","127.0.0.1:30820"],["accept","*/*"],["accept-encoding","gzip, deflate"],["connection","keep-alive"],["user-agent","python-httpx/0.28.1"],["content-length","20"],["content-type","application/x-www-form-urlencoded"]]','127.0.0.1',X'6E616D653D61266E616D653D6226656D7074793D');
INSERT INTO "runs_delivery" VALUES('run_01a22e23d6add28872ede4bb4b4f0e17f1cc96564bc6','PATCH','/anything','{}','','[["host","127.0.0.1:30820"],["accept","*/*"],["accept-encoding","gzip, deflate"],["connection","keep-alive"],["user-agent","python-httpx/0.28.1"],["content-length","523"],["content-type","multipart/form-data; boundary=a923c1af5c8267db0d9666d43c952291"]]','127.0.0.1',X'2D2D61393233633161663563383236376462306439363636643433633935323239310D0A436F6E74656E742D446973706F736974696F6E3A20666F726D2D646174613B206E616D653D226E616D65220D0A0D0A610D0A2D2D61393233633161663563383236376462306439363636643433633935323239310D0A436F6E74656E742D446973706F736974696F6E3A20666F726D2D646174613B206E616D653D2266696C65223B2066696C656E616D653D22612E62696E220D0A436F6E74656E742D547970653A206170706C69636174696F6E2F6F637465742D73747265616D0D0A0D0A000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F202122232425262728292A2B2C2D2E2F303132333435363738393A3B3C3D3E3F404142434445464748494A4B4C4D4E4F505152535455565758595A5B5C5D5E5F606162636465666768696A6B6C6D6E6F707172737475767778797A7B7C7D7E7F808182838485868788898A8B8C8D8E8F909192939495969798999A9B9C9D9E9FA0A1A2A3A4A5A6A7A8A9AAABACADAEAFB0B1B2B3B4B5B6B7B8B9BABBBCBDBEBFC0C1C2C3C4C5C6C7C8C9CACBCCCDCECFD0D1D2D3D4D5D6D7D8D9DADBDCDDDEDFE0E1E2E3E4E5E6E7E8E9EAEBECEDEEEFF0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF0D0A2D2D61393233633161663563383236376462306439363636643433633935323239312D2D0D0A');
INSERT INTO "runs_delivery" VALUES('run_01a22e23d71e8dbd63e3956a171becbdff985a171f85','POST','/anything','{}','','[["host","127.0.0.1:30820"],["accept","*/*"],["accept-encoding","gzip, deflate"],["connection","keep-alive"],["user-agent","python-httpx/0.28.1"],["content-type","application/octet-stream"],["content-length","256"]]','127.0.0.1',X'000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F202122232425262728292A2B2C2D2E2F303132333435363738393A3B3C3D3E3F404142434445464748494A4B4C4D4E4F505152535455565758595A5B5C5D5E5F606162636465666768696A6B6C6D6E6F707172737475767778797A7B7C7D7E7F808182838485868788898A8B8C8D8E8F909192939495969798999A9B9C9D9E9FA0A1A2A3A4A5A6A7A8A9AAABACADAEAFB0B1B2B3B4B5B6B7B8B9BABBBCBDBEBFC0C1C2C3C4C5C6C7C8C9CACBCCCDCECFD0D1D2D3D4D5D6D7D8D9DADBDCDDDEDFE0E1E2E3E4E5E6E7E8E9EAEBECEDEEEFF0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF');
INSERT INTO "runs_delivery" VALUES('run_01a22e23d843ce94720fc78c5fb316aede53acc9bd7f','POST','/anything','{}','','[["host","127.0.0.1:30820"],["accept","*/*"],["accept-encoding","gzip, deflate"],["connection","keep-alive"],["user-agent","python-httpx/0.28.1"],["content-type","application/json"],["content-encoding","gzip"],["content-length","53"]]','127.0.0.1',X'1F8B08001EDC0D6B02FFAB56CA2F4A492D52B25230313734D45150CA2C49CD2D0672A395129580DC24A5D85A009FBB9B5924000000');
INSERT INTO "runs_delivery" VALUES('run_01a22e23d91e361cc43bd67d0d7d71713b12e4abfdbe','DELETE','/anything','{}','','[["host","127.0.0.1:30820"],["accept","*/*"],["accept-encoding","gzip, deflate"],["connection","keep-alive"],["user-agent","python-httpx/0.28.1"]]','127.0.0.1',X'');
INSERT INTO "runs_delivery" VALUES('run_01a22e23da0ce44ada5addd1b1422cf19b0c14874a1a','GET','/anything','{}','','[["host","127.0.0.1:30820"],["accept","*/*"],["accept-encoding","gzip, deflate"],["connection","keep-alive"],["user-agent","python-httpx/0.28.1"],["x-twice","1"],["x-twice","2"]]','127.0.0.1',X'');
INSERT INTO "runs_delivery" VALUES('run_01a22e23db7ea43acafb47aa7a9a57ed5644806c8d02','GET','/hello','{}','','[["host","127.0.0.1:30820"],["accept-encoding","gzip, deflate"],["connection","keep-alive"],["user-agent","python-httpx/0.28.1"],["accept","application/json"]]','127.0.0.1',X'');
INSERT INTO "runs_delivery" VALUES('run_01a22e23dc645e22f34e962968168d32144debbfbaaa','PUT','/stream','{}','','[["host","127.0.0.1:30820"],["content-length","0"],["accept","*/*"],["accept-encoding","gzip, deflate"],["connection","keep-alive"],["user-agent","python-httpx/0.28.1"]]','127.0.0.1',X'');
INSERT INTO "runs_delivery" VALUES('run_01a22e23ddd77d2b0bf490680551bf49accef265a32b','POST','/words','{}','','[["host","127.0.0.1:30820"],["accept","*/*"],["accept-encoding","gzip, deflate"],["connection","keep-alive"],["user-agent","python-httpx/0.28.1"],["content-length","13"]]','127.0.0.1',X'6F6E652074776F207468726565');
INSERT INTO "runs_delivery" VALUES('run_01a22e23def801998fff3d164c3837efbeb5c8f33a8e','POST','/ranked','{}','','[["host","127.0.0.1:30820"],["accept","*/*"],["accept-encoding","gzip, deflate"],["connection","keep-alive"],["user-agent","python-httpx/0.28.1"],["content-length","2"]]','127.0.0.1',X'7B7D');
INSERT INTO "runs_delivery" VALUES('run_01a22e23df9d5c0e5490d7c06b259eab43ea55c41135','POST','/fail','{}','','[["host","127.0.0.1:30820"],["content-length","0"],["accept","*/*"],["accept-encoding","gzip, deflate"],["connection","keep-alive"],["user-agent","python-httpx/0.28.1"]]','127.0.0.1',X'');
INSERT INTO "runs_delivery" VALUES('run_01a22e23e0100fe7951af09f57c6e554e3781612d547','POST','/late','{}','','[["host","127.0.0.1:30820"],["content-length","0"],["accept","*/*"],["accept-encoding","gzip, deflate"],["connection","keep-alive"],["user-agent","python-httpx/0.28.1"]]','127.0.0.1',X'');
INSERT INTO "runs_delivery" VALUES('run_01a22e23e213734a66e1043a30ebc48c6ce67558f19d','POST','/github','{}','','[["host","127.0.0.1:30820"],["accept","*/*"],["accept-encoding","gzip, deflate"],["connection","keep-alive"],["user-agent","python-httpx/0.28.1"],["content-type","application/json"],["x-github-event","push"],["x-github-delivery","delivery-1"],["x-hub-signature-256","sha256=58be72a63713b97a343824e279f972a96c60e81f52b1f1bd330fa0ae8612ddf8"],["content-length","18"]]','127.0.0.1',X'7B226964223A20226576745F34373131227D');
INSERT INTO "runs_delivery" VALUES('run_01a22e23e2c5f5470a96dce90ce9c97f9fbbb6921dc7','POST','/stripe','{}','','[["host","127.0.0.1:30820"],["accept","*/*"],["accept-encoding","gzip, deflate"],["connection","keep-alive"],["user-agent","python-httpx/0.28.1"],["content-type","application/json"],["stripe-signature","t=1796070433,v1=03812fa21cf33ebde683c2b5c84648177cdc15415299a49739e5e428c0f83e97"],["content-length","18"]]','127.0.0.1',X'7B226964223A20226576745F34373131227D');
INSERT INTO "runs_delivery" VALUES('run_01a22e23e35b28b69b7a36de19451bf30ff8ad2d8693','POST','/slack','{}','','[["host","127.0.0.1:30820"],["accept","*/*"],["accept-encoding","gzip, deflate"],["connection","keep-alive"],["user-agent","python-httpx/0.28.1"],["content-type","application/json"],["x-slack-signature","v0=fe1c2c4468415aaee6f8305d30cfb98eee97dac1c7bfd1076184708ef9b9893e"],["x-slack-request-timestamp","1796070433"],["content-length","18"]]','127.0.0.1',X'7B226964223A20226576745F34373131227D');
INSERT INTO "runs_delivery" VALUES('run_01a22e23e4021394b0722bad0c47e87f742d82eb4979','POST','/shopify','{}','','[["host","127.0.0.1:30820"],["accept","*/*"],["accept-encoding","gzip, deflate"],["connection","keep-alive"],["user-agent","python-httpx/0.28.1"],["content-type","application/json"],["x-shopify-hmac-sha256","Y4N4iivhb4sZRw4Kx1zlqaXaI0yTA9Ev1Ug1IUf4c/0="],["content-length","18"]]','127.0.0.1',X'7B226964223A20226576745F34373131227D');
INSERT INTO "runs_delivery" VALUES('run_01a22e23e4b3aa0c9088ad7be0d8cdebcc5822984b3f','POST','/standard','{}','','[["host","127.0.0.1:30820"],["accept","*/*"],["accept-encoding","gzip, deflate"],["connection","keep-alive"],["user-agent","python-httpx/0.28.1"],["content-type","application/json"],["webhook-id","msg_482d3a02224fe734"],["webhook-timestamp","1796070433"],["webhook-signature","v1,orBGToeFvMNieF2dpsQHivGvivd9Donlf8f5jxb++ik="],["content-length","18"]]','127.0.0.1',X'7B226964223A20226576745F34373131227D');
INSERT INTO "runs_delivery" VALUES('run_01a22e23e54722817381362f774b7f72b042c9ec58ea','POST','/hmac','{}','','[["host","127.0.0.1:30820"],["accept","*/*"],["accept-encoding","gzip, deflate"],["connection","keep-alive"],["user-agent","python-httpx/0.28.1"],["content-type","application/json"],["x-signature","sha512:2kqWWY1wca9zAuYSzAaTV715eDNK8Jp7TB+XIusfz8b7Xp+Kr1V9ixXRYtDgsCTm66gqNbB0uch+3epf4Uomdw=="],["content-length","18"]]','127.0.0.1',X'7B226964223A20226576745F34373131227D');
INSERT INTO "runs_delivery" VALUES('run_01a22e23e5d35530dab28b85a79ff7eead95d40e0b10','POST','/brief','{}','','[["host","127.0.0.1:30820"],["accept","*/*"],["accept-encoding","gzip, deflate"],["connection","keep-alive"],["user-agent","python-httpx/0.28.1"],["idempotency-key","expires-at-once"],["content-length","36"]]','127.0.0.1',X'7B226F72646572223A20343731312C20226974656D73223A205B2261222C202262225D7D');
INSERT INTO "runs_delivery" VALUES('run_01a22e23e6833000c8a602222d1610b44880a0308bc7','POST','/repeated','{}','','[["host","127.0.0.1:30820"],["accept","*/*"],["accept-encoding","gzip, deflate"],["connection","keep-alive"],["user-agent","python-httpx/0.28.1"],["idempotency-key","published-key-4711"],["content-length","36"]]','127.0.0.1',X'7B226F72646572223A20343731312C20226974656D73223A205B2261222C202262225D7D');
INSERT INTO "runs_delivery" VALUES('run_01a22e23ea5a0eb1dddfcc26cb2178eaa2e60e4071a2','POST','/limited','{}','','[["host","127.0.0.1:30820"],["accept-encoding","gzip, deflate"],["connection","keep-alive"],["user-agent","python-httpx/0.28.1"],["accept","application/json"],["content-length","2"]]','127.0.0.1',X'7B7D');
INSERT INTO "runs_delivery" VALUES('run_01a22e23ef03c6b73b5897cc3e1f20df7094a82c6540','POST','/queued','{}','','[["host","127.0.0.1:30820"],["accept","*/*"],["accept-encoding","gzip, deflate"],["connection","keep-alive"],["user-agent","python-httpx/0.28.1"],["content-length","1"]]','127.0.0.1',X'31');
INSERT INTO "runs_delivery" VALUES('run_01a22e23efb03f642006d987c01e037478b06834bb9a','POST','/queued','{}','','[["host","127.0.0.1:30820"],["accept","*/*"],["accept-encoding","gzip, deflate"],["connection","keep-alive"],["user-agent","python-httpx/0.28.1"],["content-length","1"]]','127.0.0.1',X'32');
INSERT INTO "runs_delivery" VALUES('run_01a22e23f71327c6c25f7b06fb36b0f1d6bf1692e193','POST','/wait','{}','','[["host","127.0.0.1:30820"],["accept","*/*"],["accept-encoding","gzip, deflate"],["connection","keep-alive"],["user-agent","python-httpx/0.28.1"],["content-length","11"]]','127.0.0.1',X'626567756E20616761696E');
INSERT INTO "runs_delivery" VALUES('run_01a22e23f7f245201631ad3e13230e8ef08125e5486b','POST','/wait-once','{}','','[["host","127.0.0.1:30820"],["accept","*/*"],["accept-encoding","gzip, deflate"],["connection","keep-alive"],["user-agent","python-httpx/0.28.1"],["content-length","5"]]','127.0.0.1',X'656E646564');
INSERT INTO "runs_delivery" VALUES('run_01a22e23fb3c5be3827417c73457d084b70787cb2ceb','POST','/orders/4711','{"order_id":"4711"}','a=1&a=2&b=%C3%A4','[["host","127.0.0.1:30820"],["accept","*/*"],["accept-encoding","gzip, deflate"],["connection","keep-alive"],["user-agent","python-httpx/0.28.1"],["content-length","36"]]','127.0.0.1',X'7B226F72646572223A20343731312C20226974656D73223A205B2261222C202262225D7D');
INSERT INTO "runs_delivery" VALUES('run_01a22e2400d6243da223d4045bab78f30c1584ea8355','POST','/wait','{}','','[["host","127.0.0.1:26198"],["accept","*/*"],["accept-encoding","gzip, deflate"],["connection","keep-alive"],["user-agent","python-httpx/0.28.1"],["content-length","4"]]','127.0.0.1',X'68656C64');
INSERT INTO "runs_delivery" VALUES('run_01a22e24013c88f01c4808fa7f3d59fce9260e8c1d12','POST','/wait-once','{}','','[["host","127.0.0.1:26198"],["content-length","0"],["accept","*/*"],["accept-encoding","gzip, deflate"],["connection","keep-alive"],["user-agent","python-httpx/0.28.1"]]','127.0.0.1',X'');
INSERT INTO "runs_delivery" VALUES('run_01a22e240159570c6ad9995ea5f07eb2fd258814bd9e','POST','/wait','{}','','[["host","127.0.0.1:26198"],["content-length","0"],["accept","*/*"],["accept-encoding","gzip, deflate"],["connection","keep-alive"],["user-agent","python-httpx/0.28.1"]]','127.0.0.1',X'');
INSERT INTO "runs_delivery" VALUES('run_01a22e2403ce2cc278fe6967a4499358538028bb92be','POST','/orders/4711','{"order_id":"4711"}','a=1&a=2&b=%C3%A4','[["host","127.0.0.1:30820"],["accept","*/*"],["accept-encoding","gzip, deflate"],["connection","keep-alive"],["user-agent","python-httpx/0.28.1"],["content-length","36"]]','127.0.0.1',X'7B226F72646572223A20343731312C20226974656D73223A205B2261222C202262225D7D');
INSERT INTO "runs_delivery" VALUES('run_01a22e24050c8bda4a0943122f620fce3776eb4f2c55','POST','/orders/4711','{"order_id":"4711"}','a=1&a=2&b=%C3%A4','[["host","127.0.0.1:30820"],["accept","*/*"],["accept-encoding","gzip, deflate"],["connection","keep-alive"],["user-agent","python-httpx/0.28.1"],["content-length","36"]]','127.0.0.1',X'7B226F72646572223A20343731312C20226974656D73223A205B2261222C202262225D7D');
CREATE TABLE "runs_executor" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "host" varchar(255) NOT NULL, "pid" integer unsigned NOT NULL CHECK ("pid" >= 0), "started_at" datetime NOT NULL, "fencing" smallint unsigned DEFAULT 0 NOT NULL CHECK ("fencing" >= 0));
INSERT INTO "runs_executor" VALUES(3,'example-host',4711,'2026-11-30 20:27:20.910228',1);
CREATE TABLE "runs_retentionclock" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "clock_seen" datetime NOT NULL, "waited" real NOT NULL, "accepted" bool NOT NULL);
INSERT INTO "runs_retentionclock" VALUES(1,'2026-11-30 20:27:18.858602',9.25194839299365412443e+00,0);
CREATE TABLE "runs_run" ("id" varchar(48) NOT NULL PRIMARY KEY, "app_id" varchar(64) NOT NULL, "source_id" bigint NULL, "workflow" varchar(100) NOT NULL, "options" text NOT NULL CHECK ((JSON_VALID("options") OR "options" IS NULL)), "timeout" real NOT NULL, "status" varchar(12) NOT NULL, "attempt" smallint unsigned NOT NULL CHECK ("attempt" >= 0), "executor_id" bigint NOT NULL, "created_at" datetime NOT NULL, "started_at" datetime NULL, "finished_at" datetime NULL, "duration" real NULL, "events" integer unsigned NOT NULL CHECK ("events" >= 0), "cancel_requested" bool DEFAULT 0 NOT NULL, "error_type" text DEFAULT '' NOT NULL, "error_message" text DEFAULT '' NOT NULL, "traceback" text DEFAULT '' NOT NULL, "engine" varchar(16) DEFAULT 'local' NOT NULL, "fingerprint" varchar(32) DEFAULT '' NOT NULL, "idempotency_key" varchar(32) NULL, "key_expires_at" datetime NULL, "replay_of" varchar(48) DEFAULT '' NOT NULL, "lease" bigint DEFAULT 1 NOT NULL, "retries" smallint unsigned DEFAULT 0 NOT NULL CHECK ("retries" >= 0), "crashes" smallint unsigned DEFAULT 0 NOT NULL CHECK ("crashes" >= 0));
INSERT INTO "runs_run" VALUES('run_01a22e23d477edaf344148e8337aa5bbff81ad685d51','app_shop',1,'ship','{"carrier":"Grüße"}',60.0,'complete',1,1,'2026-11-30 20:27:09.815245','2026-11-30 20:27:09.815245','2026-11-30 20:27:09.869457',4.46833990281447768211e-04,4,0,'','','','local','',NULL,NULL,'',1,0,0);
INSERT INTO "runs_run" VALUES('run_01a22e23d53c57ad3d9701c54571c0b43ef8963d3744','app_shop',2,'read_request','{}',300.0,'complete',1,1,'2026-11-30 20:27:10.012072','2026-11-30 20:27:10.012072','2026-11-30 20:27:10.042885',2.82608001725748181343e-04,1,0,'','','','local','',NULL,NULL,'',1,0,0);
INSERT INTO "runs_run" VALUES('run_01a22e23d63138f353d2bdc3855f36bf2b259c86bf29','app_shop',2,'read_request','{}',300.0,'complete',1,1,'2026-11-30 20:27:10.257448','2026-11-30 20:27:10.257448','2026-11-30 20:27:10.274983',3.20678998832590878009e-04,1,0,'','','','local','',NULL,NULL,'',1,0,0);
INSERT INTO "runs_run" VALUES('run_01a22e23d6add28872ede4bb4b4f0e17f1cc96564bc6','app_shop',2,'read_request','{}',300.0,'complete',1,1,'2026-11-30 20:27:10.381454','2026-11-30 20:27:10.381454','2026-11-30 20:27:10.387181',4.785139899468049407e-04,1,0,'','','','local','',NULL,NULL,'',1,0,0);
INSERT INTO "runs_run" VALUES('run_01a22e23d71e8dbd63e3956a171becbdff985a171f85','app_shop',2,'read_request','{}',300.0,'complete',1,1,'2026-11-30 20:27:10.494527','2026-11-30 20:27:10.494527','2026-11-30 20:27:10.499572',1.95535001694224774837e-04,1,0,'','','','local','',NULL,NULL,'',1,0,0);
INSERT INTO "runs_run" VALUES('run_01a22e23d843ce94720fc78c5fb316aede53acc9bd7f','app_shop',2,'read_request','{}',300.0,'complete',1,1,'2026-11-30 20:27:10.787557','2026-11-30 20:27:10.787557','2026-11-30 20:27:10.818852',2.30840989388525485992e-04,1,0,'','','','local','',NULL,NULL,'',1,0,0);
INSERT INTO "runs_run" VALUES('run_01a22e23d91e361cc43bd67d0d7d71713b12e4abfdbe','app_shop',2,'read_request','{}',300.0,'complete',1,1,'2026-11-30 20:27:11.006984','2026-11-30 20:27:11.006984','2026-11-30 20:27:11.034852',2.13209001231007277965e-04,1,0,'','','','local','',NULL,NULL,'',1,0,0);
INSERT INTO "runs_run" VALUES('run_01a22e23da0ce44ada5addd1b1422cf19b0c14874a1a','app_shop',2,'read_request','{}',300.0,'complete',1,1,'2026-11-30 20:27:11.244435','2026-11-30 20:27:11.244435','2026-11-30 20:27:11.286052',2.12937986361794173717e-04,1,0,'','','','local','',NULL,NULL,'',1,0,0);
INSERT INTO "runs_run" VALUES('run_01a22e23db7ea43acafb47aa7a9a57ed5644806c8d02','app_shop',3,'echo','{}',300.0,'complete',1,1,'2026-11-30 20:27:11.614902','2026-11-30 20:27:11.614902','2026-11-30 20:27:11.626698',1.38047995278611779212e-04,5,0,'','','','local','',NULL,NULL,'',1,0,0);
INSERT INTO "runs_run" VALUES('run_01a22e23dc645e22f34e962968168d32144debbfbaaa','app_shop',4,'report','{"events":700}',300.0,'complete',1,1,'2026-11-30 20:27:11.844083','2026-11-30 20:27:11.844083','2026-11-30 20:27:12.022427',1.59545920003438368439e-01,701,0,'','','','local','',NULL,NULL,'',1,0,0);
INSERT INTO "runs_run" VALUES('run_01a22e23ddd77d2b0bf490680551bf49accef265a32b','app_shop',5,'count_words','{}',300.0,'complete',1,1,'2026-11-30 20:27:12.215150','2026-11-30 20:27:12.215150','2026-11-30 20:27:12.221806',2.07659701118245720863e-03,3,0,'','','','local','',NULL,NULL,'',1,0,0);
INSERT INTO "runs_run" VALUES('run_01a22e23def801998fff3d164c3837efbeb5c8f33a8e','app_shop',23,'echo','{}',300.0,'complete',1,1,'2026-11-30 20:27:12.504796','2026-11-30 20:27:12.504796','2026-11-30 20:27:12.507782',1.05881600757129490375e-03,5,0,'','','','local','',NULL,NULL,'',1,0,0);
INSERT INTO "runs_run" VALUES('run_01a22e23df9d5c0e5490d7c06b259eab43ea55c41135','app_shop',6,'fail','{}',300.0,'error',1,1,'2026-11-30 20:27:12.669844','2026-11-30 20:27:12.669844','2026-11-30 20:27:12.674265',1.07040899456478655338e-03,2,0,'LookupError','no such order in attempt 1','Traceback (most recent call last):
  File "/srv/workflows/orders.py", line 57, in fail
    raise LookupError(f"no such order in attempt {run.attempt}")
LookupError: no such order in attempt 1
','local','',NULL,NULL,'',1,0,0);
INSERT INTO "runs_run" VALUES('run_01a22e23e0100fe7951af09f57c6e554e3781612d547','app_shop',7,'wait','{}',0.2,'error',1,1,'2026-11-30 20:27:12.784730','2026-11-30 20:27:12.784730','2026-11-30 20:27:12.990812',2.0189873200433794409e-01,2,0,'Timeout','The workflow was not done after 0.2 s.','','local','',NULL,NULL,'',1,0,0);
INSERT INTO "runs_run" VALUES('run_01a22e23e213734a66e1043a30ebc48c6ce67558f19d','app_shop',10,'ship','{}',300.0,'complete',1,1,'2026-11-30 20:27:13.299638','2026-11-30 20:27:13.299638','2026-11-30 20:27:13.302521',1.1525499576237052679e-04,4,0,'','','','local','','delivery31710149fc2b26c0a613fada','2100-01-01 00:00:00','',1,0,0);
INSERT INTO "runs_run" VALUES('run_01a22e23e2c5f5470a96dce90ce9c97f9fbbb6921dc7','app_shop',11,'ship','{}',300.0,'complete',1,1,'2026-11-30 20:27:13.478010','2026-11-30 20:27:13.478010','2026-11-30 20:27:13.479494',7.90679914643988e-05,4,0,'','','','local','','4711-e77a9f57b659c03e9273608f','2100-01-01 00:00:00','',1,0,0);
INSERT INTO "runs_run" VALUES('run_01a22e23e35b28b69b7a36de19451bf30ff8ad2d8693','app_shop',12,'ship','{}',300.0,'complete',1,1,'2026-11-30 20:27:13.627503','2026-11-30 20:27:13.627503','2026-11-30 20:27:13.634603',1.34752001031301915645e-04,4,0,'','','','local','',NULL,NULL,'',1,0,0);
INSERT INTO "runs_run" VALUES('run_01a22e23e4021394b0722bad0c47e87f742d82eb4979','app_shop',13,'ship','{}',300.0,'complete',1,1,'2026-11-30 20:27:13.794581','2026-11-30 20:27:13.794581','2026-11-30 20:27:13.797877',1.36685004690662026405e-04,4,0,'','','','local','',NULL,NULL,'',1,0,0);
INSERT INTO "runs_run" VALUES('run_01a22e23e4b3aa0c9088ad7be0d8cdebcc5822984b3f','app_shop',14,'ship','{}',300.0,'complete',1,1,'2026-11-30 20:27:13.971917','2026-11-30 20:27:13.971917','2026-11-30 20:27:13.982609',1.30343003547750413417e-04,4,0,'','','','local','','482d3a0291f2979490b92dd05a4f660f','2100-01-01 00:00:00','',1,0,0);
INSERT INTO "runs_run" VALUES('run_01a22e23e54722817381362f774b7f72b042c9ec58ea','app_shop',15,'ship','{}',300.0,'complete',1,1,'2026-11-30 20:27:14.119541','2026-11-30 20:27:14.119541','2026-11-30 20:27:14.125644',1.21327000670135021209e-04,4,0,'','','','local','',NULL,NULL,'',1,0,0);
INSERT INTO "runs_run" VALUES('run_01a22e23e5d35530dab28b85a79ff7eead95d40e0b10','app_shop',17,'ship','{}',300.0,'complete',1,1,'2026-11-30 20:27:14.259998','2026-11-30 20:27:14.259998','2026-11-30 20:27:14.264524',1.20705008157528936862e-04,4,0,'','','','local','','expires-672958d74707f568b7e520c5','2026-11-30 20:27:15.260042','',1,0,0);
INSERT INTO "runs_run" VALUES('run_01a22e23e6833000c8a602222d1610b44880a0308bc7','app_shop',18,'ship','{}',300.0,'complete',1,1,'2026-11-30 20:27:14.435547','2026-11-30 20:27:14.435547','2026-11-30 20:27:14.450628',1.47746002767235040664e-04,4,0,'','','','local','','publishe15750cf972aacd751d25858a','2100-01-01 00:00:00','',1,0,0);
INSERT INTO "runs_run" VALUES('run_01a22e23e7ce12d8520131fabf795c458cbc82c61a71','app_pruned',24,'ship','{}',300.0,'complete',1,1,'2026-11-30 20:27:14.766620','2026-11-30 20:27:14.766620','2026-11-30 20:27:14.774627',1.2401200365275144577e-04,4,0,'','','','local','b10f9a6b8d4a770b3138821d','publishe25236ea809ccf78fd6022717','2100-01-01 00:00:00','',1,0,0);
INSERT INTO "runs_run" VALUES('run_01a22e23e80a29a093681bdf5834f4f8fdee7ccfdc15','app_pruned',24,'ship','{}',300.0,'complete',1,1,'2026-11-30 20:27:14.826893','2026-11-30 20:27:14.826893','2026-11-30 20:27:14.827971',1.04193997685797512531e-04,4,0,'','','','local','',NULL,NULL,'',1,0,0);
INSERT INTO "runs_run" VALUES('run_01a22e23ea5a0eb1dddfcc26cb2178eaa2e60e4071a2','app_shop',19,'echo','{}',300.0,'complete',1,1,'2026-11-30 20:27:15.418900','2026-11-30 20:27:15.418900','2026-11-30 20:27:15.422595',0.000110806999146007,5,0,'','','','local','',NULL,NULL,'',1,0,0);
INSERT INTO "runs_run" VALUES('run_01a22e23ef03c6b73b5897cc3e1f20df7094a82c6540','app_shop',20,'wait','{}',300.0,'cancelled',1,1,'2026-11-30 20:27:16.611300','2026-11-30 20:27:16.611300','2026-11-30 20:27:17.757603',1.10297593400173354893e+00,2,1,'','','','local','',NULL,NULL,'',1,0,0);
INSERT INTO "runs_run" VALUES('run_01a22e23efb03f642006d987c01e037478b06834bb9a','app_shop',20,'wait','{}',300.0,'cancelled',1,1,'2026-11-30 20:27:16.784331','2026-11-30 20:27:16.784331','2026-11-30 20:27:17.250184',0.0,2,1,'','','','local','',NULL,NULL,'',1,0,0);
INSERT INTO "runs_run" VALUES('run_01a22e23f71327c6c25f7b06fb36b0f1d6bf1692e193','app_shop',8,'wait','{}',300.0,'complete',2,2,'2026-11-30 20:27:18.675442','2026-11-30 20:27:18.675442','2026-11-30 20:27:19.358612',8.31350043881684541702e-05,4,0,'','','','local','',NULL,NULL,'',2,0,1);
INSERT INTO "runs_run" VALUES('run_01a22e23f7f245201631ad3e13230e8ef08125e5486b','app_shop',9,'wait_once','{}',300.0,'interrupted',2,2,'2026-11-30 20:27:18.898961','2026-11-30 20:27:18.898961','2026-11-30 20:27:19.355533',0.0,2,0,'Interrupted','The server stopped while the workflow ran, and the workflow is not one to be run twice.','','local','',NULL,NULL,'',2,0,1);
INSERT INTO "runs_run" VALUES('run_01a22e23fb3c5be3827417c73457d084b70787cb2ceb','app_shop',1,'ship','{"carrier": "Gr\u00fc\u00dfe"}',60.0,'complete',1,2,'2026-11-30 20:27:19.740271','2026-11-30 20:27:19.840228','2026-11-30 20:27:19.842458',3.96930990973487496376e-04,4,0,'','','','local','',NULL,NULL,'run_01a22e23d477edaf344148e8337aa5bbff81ad685d51',2,0,0);
INSERT INTO "runs_run" VALUES('run_01a22e2400d6243da223d4045bab78f30c1584ea8355','app_shop',8,'wait','{}',300.0,'running',1,3,'2026-11-30 20:27:21.174981','2026-11-30 20:27:21.174981',NULL,NULL,0,0,'','','','local','',NULL,NULL,'',1,0,0);
INSERT INTO "runs_run" VALUES('run_01a22e24013c88f01c4808fa7f3d59fce9260e8c1d12','app_shop',9,'wait_once','{}',300.0,'running',1,3,'2026-11-30 20:27:21.276277','2026-11-30 20:27:21.276277',NULL,NULL,0,0,'','','','local','',NULL,NULL,'',1,0,0);
INSERT INTO "runs_run" VALUES('run_01a22e240159570c6ad9995ea5f07eb2fd258814bd9e','app_shop',8,'wait','{}',300.0,'running',1,3,'2026-11-30 20:27:21.305539','2026-11-30 20:27:21.305539',NULL,NULL,0,1,'','','','local','',NULL,NULL,'',1,0,0);
INSERT INTO "runs_run" VALUES('run_01a22e2403ce2cc278fe6967a4499358538028bb92be','app_shop',1,'ship','{"carrier": "Gr\u00fc\u00dfe"}',60.0,'queued',1,0,'2026-11-30 20:27:21.934574',NULL,NULL,NULL,0,0,'','','','local','',NULL,NULL,'run_01a22e23d477edaf344148e8337aa5bbff81ad685d51',1,0,0);
INSERT INTO "runs_run" VALUES('run_01a22e24050c8bda4a0943122f620fce3776eb4f2c55','app_shop',1,'ship','{"carrier": "Gr\u00fc\u00dfe"}',60.0,'queued',1,0,'2026-11-30 20:27:22.252483',NULL,NULL,NULL,0,1,'','','','local','',NULL,NULL,'run_01a22e23d477edaf344148e8337aa5bbff81ad685d51',1,0,0);
CREATE TABLE "runs_segment" ("run_id" varchar(48) NOT NULL, "last" integer unsigned NOT NULL CHECK ("last" >= 0), "first" integer unsigned NOT NULL CHECK ("first" >= 0), "at" datetime NOT NULL, "data" text NOT NULL, PRIMARY KEY ("run_id", "last"));
INSERT INTO "runs_segment" VALUES('run_01a22e23d477edaf344148e8337aa5bbff81ad685d51',4,1,'2026-11-30 20:27:09.869055','{"type":"progress","run_id":"run_01a22e23d477edaf344148e8337aa5bbff81ad685d51","progress":50,"message":"packed","step":"pack"}
{"type":"log","run_id":"run_01a22e23d477edaf344148e8337aa5bbff81ad685d51","level":"info","message":"handed over"}
{"type":"progress","run_id":"run_01a22e23d477edaf344148e8337aa5bbff81ad685d51","progress":100,"message":"shipped","step":"ship"}
{"type":"complete","run_id":"run_01a22e23d477edaf344148e8337aa5bbff81ad685d51","output":{"carrier":"Grüße","order":{"order":4711,"items":["a","b"]},"params":{"order_id":"4711"},"attempt":1}}');
INSERT INTO "runs_segment" VALUES('run_01a22e23d53c57ad3d9701c54571c0b43ef8963d3744',1,1,'2026-11-30 20:27:10.042885','{"type":"complete","run_id":"run_01a22e23d53c57ad3d9701c54571c0b43ef8963d3744","output":{"method":"POST","query":{},"content_type":"application/json","body":"{\"text\":\"GrÃ¼Ãe ð\",\"none\":null,\"number\":1.5}","json":{"text":"Grüße 😀","none":null,"number":1.5},"form":{},"files":{},"umlaut":"Grüße   😀"}}');
INSERT INTO "runs_segment" VALUES('run_01a22e23d63138f353d2bdc3855f36bf2b259c86bf29',1,1,'2026-11-30 20:27:10.274983','{"type":"complete","run_id":"run_01a22e23d63138f353d2bdc3855f36bf2b259c86bf29","output":{"method":"PUT","query":{},"content_type":"application/x-www-form-urlencoded","body":"name=a&name=b&empty=","json":null,"form":{"name":["a","b"],"empty":[""]},"files":{},"umlaut":"Grüße   😀"}}');
INSERT INTO "runs_segment" VALUES('run_01a22e23d6add28872ede4bb4b4f0e17f1cc96564bc6',1,1,'2026-11-30 20:27:10.387181','{"type":"complete","run_id":"run_01a22e23d6add28872ede4bb4b4f0e17f1cc96564bc6","output":{"method":"PATCH","query":{},"content_type":"multipart/form-data; boundary=a923c1af5c8267db0d9666d43c952291","body":"--a923c1af5c8267db0d9666d43c952291\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\na\r\n--a923c1af5c8267db0d9666d43c952291\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\nContent-Type: application/octet-stream\r\n\r\n\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f !\"#$%&''()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~ ¡¢£¤¥¦§¨©ª«¬­®¯°±²³´µ¶·¸¹º»¼½¾¿ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿ\r\n--a923c1af5c8267db0d9666d43c952291--\r\n","json":null,"form":{"name":["a"]},"files":{"file":["\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f !\"#$%&''()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~ ¡¢£¤¥¦§¨©ª«¬­®¯°±²³´µ¶·¸¹º»¼½¾¿ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿ"]},"umlaut":"Grüße   😀"}}');
INSERT INTO "runs_segment" VALUES('run_01a22e23d71e8dbd63e3956a171becbdff985a171f85',1,1,'2026-11-30 20:27:10.499572','{"type":"complete","run_id":"run_01a22e23d71e8dbd63e3956a171becbdff985a171f85","output":{"method":"POST","query":{},"content_type":"application/octet-stream","body":"\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f !\"#$%&''()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~ ¡¢£¤¥¦§¨©ª«¬­®¯°±²³´µ¶·¸¹º»¼½¾¿ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿ","json":null,"form":{},"files":{},"umlaut":"Grüße   😀"}}');
INSERT INTO "runs_segment" VALUES('run_01a22e23d843ce94720fc78c5fb316aede53acc9bd7f',1,1,'2026-11-30 20:27:10.818852','{"type":"complete","run_id":"run_01a22e23d843ce94720fc78c5fb316aede53acc9bd7f","output":{"method":"POST","query":{},"content_type":"application/json","body":"{\"order\": 4711, \"items\": [\"a\", \"b\"]}","json":{"order":4711,"items":["a","b"]},"form":{},"files":{},"umlaut":"Grüße   😀"}}');
INSERT INTO "runs_segment" VALUES('run_01a22e23d91e361cc43bd67d0d7d71713b12e4abfdbe',1,1,'2026-11-30 20:27:11.034852','{"type":"complete","run_id":"run_01a22e23d91e361cc43bd67d0d7d71713b12e4abfdbe","output":{"method":"DELETE","query":{},"content_type":"","body":"","json":null,"form":{},"files":{},"umlaut":"Grüße   😀"}}');
INSERT INTO "runs_segment" VALUES('run_01a22e23da0ce44ada5addd1b1422cf19b0c14874a1a',1,1,'2026-11-30 20:27:11.286052','{"type":"complete","run_id":"run_01a22e23da0ce44ada5addd1b1422cf19b0c14874a1a","output":{"method":"GET","query":{},"content_type":"","body":"","json":null,"form":{},"files":{},"umlaut":"Grüße   😀"}}');
INSERT INTO "runs_segment" VALUES('run_01a22e23db7ea43acafb47aa7a9a57ed5644806c8d02',5,1,'2026-11-30 20:27:11.626698','{"type":"progress","run_id":"run_01a22e23db7ea43acafb47aa7a9a57ed5644806c8d02","progress":25}
{"type":"progress","run_id":"run_01a22e23db7ea43acafb47aa7a9a57ed5644806c8d02","progress":50}
{"type":"progress","run_id":"run_01a22e23db7ea43acafb47aa7a9a57ed5644806c8d02","progress":75}
{"type":"progress","run_id":"run_01a22e23db7ea43acafb47aa7a9a57ed5644806c8d02","progress":100}
{"type":"complete","run_id":"run_01a22e23db7ea43acafb47aa7a9a57ed5644806c8d02","output":{"method":"GET","path":"/hello"}}');
INSERT INTO "runs_segment" VALUES('run_01a22e23dc645e22f34e962968168d32144debbfbaaa',128,1,'2026-11-30 20:27:11.863063','{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000000"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000001"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000002"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000003"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000004"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000005"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000006"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000007"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000008"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000009"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000010"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000011"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000012"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000013"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000014"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000015"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000016"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000017"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000018"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000019"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000020"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000021"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000022"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000023"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000024"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000025"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000026"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000027"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000028"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000029"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000030"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000031"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000032"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000033"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000034"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000035"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000036"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000037"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000038"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000039"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000040"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000041"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000042"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000043"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000044"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000045"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000046"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000047"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000048"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000049"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000050"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000051"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000052"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000053"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000054"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000055"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000056"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000057"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000058"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000059"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000060"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000061"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000062"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000063"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000064"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000065"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000066"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000067"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000068"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000069"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000070"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000071"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000072"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000073"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000074"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000075"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000076"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000077"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000078"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000079"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000080"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000081"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000082"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000083"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000084"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000085"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000086"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000087"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000088"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000089"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000090"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000091"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000092"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000093"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000094"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000095"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000096"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000097"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000098"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000099"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000100"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000101"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000102"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000103"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000104"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000105"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000106"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000107"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000108"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000109"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000110"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000111"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000112"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000113"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000114"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000115"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000116"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000117"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000118"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000119"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000120"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000121"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000122"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000123"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000124"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000125"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000126"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000127"}');
INSERT INTO "runs_segment" VALUES('run_01a22e23dc645e22f34e962968168d32144debbfbaaa',256,129,'2026-11-30 20:27:11.879371','{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000128"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000129"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000130"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000131"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000132"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000133"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000134"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000135"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000136"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000137"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000138"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000139"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000140"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000141"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000142"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000143"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000144"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000145"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000146"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000147"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000148"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000149"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000150"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000151"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000152"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000153"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000154"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000155"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000156"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000157"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000158"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000159"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000160"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000161"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000162"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000163"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000164"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000165"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000166"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000167"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000168"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000169"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000170"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000171"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000172"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000173"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000174"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000175"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000176"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000177"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000178"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000179"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000180"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000181"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000182"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000183"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000184"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000185"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000186"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000187"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000188"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000189"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000190"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000191"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000192"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000193"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000194"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000195"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000196"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000197"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000198"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000199"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000200"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000201"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000202"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000203"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000204"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000205"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000206"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000207"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000208"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000209"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000210"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000211"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000212"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000213"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000214"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000215"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000216"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000217"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000218"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000219"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000220"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000221"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000222"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000223"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000224"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000225"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000226"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000227"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000228"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000229"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000230"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000231"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000232"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000233"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000234"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000235"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000236"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000237"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000238"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000239"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000240"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000241"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000242"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000243"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000244"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000245"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000246"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000247"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000248"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000249"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000250"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000251"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000252"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000253"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000254"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000255"}');
INSERT INTO "runs_segment" VALUES('run_01a22e23dc645e22f34e962968168d32144debbfbaaa',384,257,'2026-11-30 20:27:11.959998','{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000256"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000257"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000258"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000259"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000260"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000261"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000262"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000263"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000264"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000265"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000266"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000267"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000268"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000269"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000270"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000271"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000272"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000273"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000274"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000275"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000276"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000277"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000278"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000279"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000280"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000281"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000282"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000283"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000284"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000285"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000286"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000287"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000288"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000289"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000290"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000291"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000292"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000293"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000294"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000295"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000296"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000297"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000298"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000299"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000300"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000301"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000302"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000303"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000304"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000305"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000306"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000307"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000308"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000309"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000310"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000311"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000312"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000313"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000314"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000315"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000316"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000317"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000318"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000319"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000320"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000321"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000322"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000323"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000324"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000325"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000326"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000327"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000328"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000329"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000330"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000331"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000332"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000333"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000334"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000335"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000336"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000337"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000338"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000339"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000340"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000341"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000342"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000343"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000344"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000345"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000346"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000347"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000348"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000349"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000350"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000351"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000352"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000353"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000354"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000355"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000356"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000357"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000358"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000359"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000360"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000361"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000362"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000363"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000364"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000365"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000366"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000367"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000368"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000369"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000370"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000371"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000372"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000373"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000374"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000375"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000376"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000377"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000378"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000379"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000380"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000381"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000382"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000383"}');
INSERT INTO "runs_segment" VALUES('run_01a22e23dc645e22f34e962968168d32144debbfbaaa',512,385,'2026-11-30 20:27:11.986992','{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000384"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000385"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000386"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000387"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000388"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000389"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000390"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000391"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000392"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000393"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000394"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000395"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000396"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000397"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000398"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000399"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000400"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000401"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000402"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000403"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000404"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000405"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000406"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000407"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000408"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000409"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000410"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000411"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000412"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000413"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000414"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000415"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000416"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000417"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000418"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000419"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000420"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000421"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000422"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000423"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000424"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000425"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000426"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000427"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000428"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000429"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000430"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000431"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000432"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000433"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000434"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000435"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000436"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000437"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000438"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000439"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000440"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000441"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000442"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000443"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000444"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000445"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000446"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000447"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000448"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000449"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000450"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000451"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000452"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000453"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000454"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000455"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000456"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000457"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000458"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000459"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000460"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000461"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000462"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000463"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000464"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000465"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000466"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000467"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000468"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000469"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000470"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000471"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000472"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000473"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000474"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000475"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000476"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000477"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000478"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000479"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000480"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000481"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000482"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000483"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000484"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000485"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000486"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000487"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000488"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000489"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000490"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000491"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000492"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000493"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000494"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000495"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000496"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000497"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000498"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000499"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000500"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000501"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000502"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000503"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000504"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000505"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000506"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000507"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000508"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000509"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000510"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000511"}');
INSERT INTO "runs_segment" VALUES('run_01a22e23dc645e22f34e962968168d32144debbfbaaa',640,513,'2026-11-30 20:27:12.004876','{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000512"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000513"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000514"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000515"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000516"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000517"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000518"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000519"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000520"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000521"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000522"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000523"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000524"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000525"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000526"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000527"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000528"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000529"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000530"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000531"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000532"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000533"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000534"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000535"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000536"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000537"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000538"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000539"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000540"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000541"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000542"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000543"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000544"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000545"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000546"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000547"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000548"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000549"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000550"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000551"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000552"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000553"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000554"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000555"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000556"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000557"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000558"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000559"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000560"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000561"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000562"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000563"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000564"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000565"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000566"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000567"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000568"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000569"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000570"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000571"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000572"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000573"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000574"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000575"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000576"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000577"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000578"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000579"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000580"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000581"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000582"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000583"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000584"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000585"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000586"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000587"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000588"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000589"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000590"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000591"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000592"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000593"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000594"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000595"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000596"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000597"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000598"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000599"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000600"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000601"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000602"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000603"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000604"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000605"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000606"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000607"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000608"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000609"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000610"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000611"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000612"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000613"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000614"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000615"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000616"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000617"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000618"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000619"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000620"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000621"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000622"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000623"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000624"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000625"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000626"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000627"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000628"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000629"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000630"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000631"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000632"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000633"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000634"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000635"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000636"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000637"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000638"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000639"}');
INSERT INTO "runs_segment" VALUES('run_01a22e23dc645e22f34e962968168d32144debbfbaaa',701,641,'2026-11-30 20:27:12.022427','{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000640"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000641"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000642"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000643"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000644"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000645"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000646"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000647"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000648"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000649"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000650"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000651"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000652"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000653"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000654"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000655"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000656"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000657"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000658"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000659"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000660"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000661"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000662"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000663"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000664"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000665"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000666"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000667"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000668"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000669"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000670"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000671"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000672"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000673"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000674"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000675"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000676"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000677"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000678"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000679"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000680"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000681"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000682"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000683"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000684"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000685"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000686"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000687"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000688"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000689"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000690"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000691"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000692"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000693"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000694"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000695"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000696"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000697"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000698"}
{"type":"log","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","level":"info","message":"line 000699"}
{"type":"complete","run_id":"run_01a22e23dc645e22f34e962968168d32144debbfbaaa","output":"done"}');
INSERT INTO "runs_segment" VALUES('run_01a22e23ddd77d2b0bf490680551bf49accef265a32b',1,1,'2026-11-30 20:27:12.220267','{"type":"progress","run_id":"run_01a22e23ddd77d2b0bf490680551bf49accef265a32b","progress":50,"message":"half"}');
INSERT INTO "runs_segment" VALUES('run_01a22e23ddd77d2b0bf490680551bf49accef265a32b',3,2,'2026-11-30 20:27:12.220404','{"type":"log","run_id":"run_01a22e23ddd77d2b0bf490680551bf49accef265a32b","level":"warning","message":"from a thread"}
{"type":"complete","run_id":"run_01a22e23ddd77d2b0bf490680551bf49accef265a32b","output":{"words":3}}');
INSERT INTO "runs_segment" VALUES('run_01a22e23def801998fff3d164c3837efbeb5c8f33a8e',5,1,'2026-11-30 20:27:12.506742','{"type":"progress","run_id":"run_01a22e23def801998fff3d164c3837efbeb5c8f33a8e","progress":25}
{"type":"progress","run_id":"run_01a22e23def801998fff3d164c3837efbeb5c8f33a8e","progress":50}
{"type":"progress","run_id":"run_01a22e23def801998fff3d164c3837efbeb5c8f33a8e","progress":75}
{"type":"progress","run_id":"run_01a22e23def801998fff3d164c3837efbeb5c8f33a8e","progress":100}
{"type":"complete","run_id":"run_01a22e23def801998fff3d164c3837efbeb5c8f33a8e","output":{"method":"POST","path":"/ranked","json":{}}}');
INSERT INTO "runs_segment" VALUES('run_01a22e23df9d5c0e5490d7c06b259eab43ea55c41135',2,1,'2026-11-30 20:27:12.673203','{"type":"progress","run_id":"run_01a22e23df9d5c0e5490d7c06b259eab43ea55c41135","progress":10}
{"type":"error","run_id":"run_01a22e23df9d5c0e5490d7c06b259eab43ea55c41135","error":{"type":"LookupError","message":"no such order in attempt 1"}}');
INSERT INTO "runs_segment" VALUES('run_01a22e23e0100fe7951af09f57c6e554e3781612d547',1,1,'2026-11-30 20:27:12.788933','{"type":"progress","run_id":"run_01a22e23e0100fe7951af09f57c6e554e3781612d547","progress":10,"message":"attempt 1"}');
INSERT INTO "runs_segment" VALUES('run_01a22e23e0100fe7951af09f57c6e554e3781612d547',2,2,'2026-11-30 20:27:12.990812','{"type":"error","run_id":"run_01a22e23e0100fe7951af09f57c6e554e3781612d547","error":{"type":"Timeout","message":"The workflow was not done after 0.2 s."}}');
INSERT INTO "runs_segment" VALUES('run_01a22e23e213734a66e1043a30ebc48c6ce67558f19d',4,1,'2026-11-30 20:27:13.302521','{"type":"progress","run_id":"run_01a22e23e213734a66e1043a30ebc48c6ce67558f19d","progress":50,"message":"packed","step":"pack"}
{"type":"log","run_id":"run_01a22e23e213734a66e1043a30ebc48c6ce67558f19d","level":"info","message":"handed over"}
{"type":"progress","run_id":"run_01a22e23e213734a66e1043a30ebc48c6ce67558f19d","progress":100,"message":"shipped","step":"ship"}
{"type":"complete","run_id":"run_01a22e23e213734a66e1043a30ebc48c6ce67558f19d","output":{"carrier":"post","order":{"id":"evt_4711"},"params":{},"attempt":1}}');
INSERT INTO "runs_segment" VALUES('run_01a22e23e2c5f5470a96dce90ce9c97f9fbbb6921dc7',4,1,'2026-11-30 20:27:13.479494','{"type":"progress","run_id":"run_01a22e23e2c5f5470a96dce90ce9c97f9fbbb6921dc7","progress":50,"message":"packed","step":"pack"}
{"type":"log","run_id":"run_01a22e23e2c5f5470a96dce90ce9c97f9fbbb6921dc7","level":"info","message":"handed over"}
{"type":"progress","run_id":"run_01a22e23e2c5f5470a96dce90ce9c97f9fbbb6921dc7","progress":100,"message":"shipped","step":"ship"}
{"type":"complete","run_id":"run_01a22e23e2c5f5470a96dce90ce9c97f9fbbb6921dc7","output":{"carrier":"post","order":{"id":"evt_4711"},"params":{},"attempt":1}}');
INSERT INTO "runs_segment" VALUES('run_01a22e23e35b28b69b7a36de19451bf30ff8ad2d8693',4,1,'2026-11-30 20:27:13.634603','{"type":"progress","run_id":"run_01a22e23e35b28b69b7a36de19451bf30ff8ad2d8693","progress":50,"message":"packed","step":"pack"}
{"type":"log","run_id":"run_01a22e23e35b28b69b7a36de19451bf30ff8ad2d8693","level":"info","message":"handed over"}
{"type":"progress","run_id":"run_01a22e23e35b28b69b7a36de19451bf30ff8ad2d8693","progress":100,"message":"shipped","step":"ship"}
{"type":"complete","run_id":"run_01a22e23e35b28b69b7a36de19451bf30ff8ad2d8693","output":{"carrier":"post","order":{"id":"evt_4711"},"params":{},"attempt":1}}');
INSERT INTO "runs_segment" VALUES('run_01a22e23e4021394b0722bad0c47e87f742d82eb4979',4,1,'2026-11-30 20:27:13.797877','{"type":"progress","run_id":"run_01a22e23e4021394b0722bad0c47e87f742d82eb4979","progress":50,"message":"packed","step":"pack"}
{"type":"log","run_id":"run_01a22e23e4021394b0722bad0c47e87f742d82eb4979","level":"info","message":"handed over"}
{"type":"progress","run_id":"run_01a22e23e4021394b0722bad0c47e87f742d82eb4979","progress":100,"message":"shipped","step":"ship"}
{"type":"complete","run_id":"run_01a22e23e4021394b0722bad0c47e87f742d82eb4979","output":{"carrier":"post","order":{"id":"evt_4711"},"params":{},"attempt":1}}');
INSERT INTO "runs_segment" VALUES('run_01a22e23e4b3aa0c9088ad7be0d8cdebcc5822984b3f',4,1,'2026-11-30 20:27:13.982609','{"type":"progress","run_id":"run_01a22e23e4b3aa0c9088ad7be0d8cdebcc5822984b3f","progress":50,"message":"packed","step":"pack"}
{"type":"log","run_id":"run_01a22e23e4b3aa0c9088ad7be0d8cdebcc5822984b3f","level":"info","message":"handed over"}
{"type":"progress","run_id":"run_01a22e23e4b3aa0c9088ad7be0d8cdebcc5822984b3f","progress":100,"message":"shipped","step":"ship"}
{"type":"complete","run_id":"run_01a22e23e4b3aa0c9088ad7be0d8cdebcc5822984b3f","output":{"carrier":"post","order":{"id":"evt_4711"},"params":{},"attempt":1}}');
INSERT INTO "runs_segment" VALUES('run_01a22e23e54722817381362f774b7f72b042c9ec58ea',4,1,'2026-11-30 20:27:14.125644','{"type":"progress","run_id":"run_01a22e23e54722817381362f774b7f72b042c9ec58ea","progress":50,"message":"packed","step":"pack"}
{"type":"log","run_id":"run_01a22e23e54722817381362f774b7f72b042c9ec58ea","level":"info","message":"handed over"}
{"type":"progress","run_id":"run_01a22e23e54722817381362f774b7f72b042c9ec58ea","progress":100,"message":"shipped","step":"ship"}
{"type":"complete","run_id":"run_01a22e23e54722817381362f774b7f72b042c9ec58ea","output":{"carrier":"post","order":{"id":"evt_4711"},"params":{},"attempt":1}}');
INSERT INTO "runs_segment" VALUES('run_01a22e23e5d35530dab28b85a79ff7eead95d40e0b10',4,1,'2026-11-30 20:27:14.264524','{"type":"progress","run_id":"run_01a22e23e5d35530dab28b85a79ff7eead95d40e0b10","progress":50,"message":"packed","step":"pack"}
{"type":"log","run_id":"run_01a22e23e5d35530dab28b85a79ff7eead95d40e0b10","level":"info","message":"handed over"}
{"type":"progress","run_id":"run_01a22e23e5d35530dab28b85a79ff7eead95d40e0b10","progress":100,"message":"shipped","step":"ship"}
{"type":"complete","run_id":"run_01a22e23e5d35530dab28b85a79ff7eead95d40e0b10","output":{"carrier":"post","order":{"order":4711,"items":["a","b"]},"params":{},"attempt":1}}');
INSERT INTO "runs_segment" VALUES('run_01a22e23e6833000c8a602222d1610b44880a0308bc7',4,1,'2026-11-30 20:27:14.450628','{"type":"progress","run_id":"run_01a22e23e6833000c8a602222d1610b44880a0308bc7","progress":50,"message":"packed","step":"pack"}
{"type":"log","run_id":"run_01a22e23e6833000c8a602222d1610b44880a0308bc7","level":"info","message":"handed over"}
{"type":"progress","run_id":"run_01a22e23e6833000c8a602222d1610b44880a0308bc7","progress":100,"message":"shipped","step":"ship"}
{"type":"complete","run_id":"run_01a22e23e6833000c8a602222d1610b44880a0308bc7","output":{"carrier":"post","order":{"order":4711,"items":["a","b"]},"params":{},"attempt":1}}');
INSERT INTO "runs_segment" VALUES('run_01a22e23e7ce12d8520131fabf795c458cbc82c61a71',4,1,'2026-11-30 20:27:14.774627','{"type":"progress","run_id":"run_01a22e23e7ce12d8520131fabf795c458cbc82c61a71","progress":50,"message":"packed","step":"pack"}
{"type":"log","run_id":"run_01a22e23e7ce12d8520131fabf795c458cbc82c61a71","level":"info","message":"handed over"}
{"type":"progress","run_id":"run_01a22e23e7ce12d8520131fabf795c458cbc82c61a71","progress":100,"message":"shipped","step":"ship"}
{"type":"complete","run_id":"run_01a22e23e7ce12d8520131fabf795c458cbc82c61a71","output":{"carrier":"post","order":{"order":4711,"items":["a","b"]},"params":{},"attempt":1}}');
INSERT INTO "runs_segment" VALUES('run_01a22e23e80a29a093681bdf5834f4f8fdee7ccfdc15',4,1,'2026-11-30 20:27:14.827971','{"type":"progress","run_id":"run_01a22e23e80a29a093681bdf5834f4f8fdee7ccfdc15","progress":50,"message":"packed","step":"pack"}
{"type":"log","run_id":"run_01a22e23e80a29a093681bdf5834f4f8fdee7ccfdc15","level":"info","message":"handed over"}
{"type":"progress","run_id":"run_01a22e23e80a29a093681bdf5834f4f8fdee7ccfdc15","progress":100,"message":"shipped","step":"ship"}
{"type":"complete","run_id":"run_01a22e23e80a29a093681bdf5834f4f8fdee7ccfdc15","output":{"carrier":"post","order":{"order":4711,"items":["a","b"]},"params":{},"attempt":1}}');
INSERT INTO "runs_segment" VALUES('run_01a22e23ea5a0eb1dddfcc26cb2178eaa2e60e4071a2',5,1,'2026-11-30 20:27:15.422595','{"type":"progress","run_id":"run_01a22e23ea5a0eb1dddfcc26cb2178eaa2e60e4071a2","progress":25}
{"type":"progress","run_id":"run_01a22e23ea5a0eb1dddfcc26cb2178eaa2e60e4071a2","progress":50}
{"type":"progress","run_id":"run_01a22e23ea5a0eb1dddfcc26cb2178eaa2e60e4071a2","progress":75}
{"type":"progress","run_id":"run_01a22e23ea5a0eb1dddfcc26cb2178eaa2e60e4071a2","progress":100}
{"type":"complete","run_id":"run_01a22e23ea5a0eb1dddfcc26cb2178eaa2e60e4071a2","output":{"method":"POST","path":"/limited","json":{}}}');
INSERT INTO "runs_segment" VALUES('run_01a22e23ef03c6b73b5897cc3e1f20df7094a82c6540',1,1,'2026-11-30 20:27:16.654641','{"type":"progress","run_id":"run_01a22e23ef03c6b73b5897cc3e1f20df7094a82c6540","progress":10,"message":"attempt 1"}');
INSERT INTO "runs_segment" VALUES('run_01a22e23efb03f642006d987c01e037478b06834bb9a',1,1,'2026-11-30 20:27:16.786304','{"type":"log","run_id":"run_01a22e23efb03f642006d987c01e037478b06834bb9a","level":"info","message":"Waiting for its turn: only so many runs are executed here at once."}');
INSERT INTO "runs_segment" VALUES('run_01a22e23efb03f642006d987c01e037478b06834bb9a',2,2,'2026-11-30 20:27:17.250184','{"type":"cancelled","run_id":"run_01a22e23efb03f642006d987c01e037478b06834bb9a"}');
INSERT INTO "runs_segment" VALUES('run_01a22e23ef03c6b73b5897cc3e1f20df7094a82c6540',2,2,'2026-11-30 20:27:17.757603','{"type":"cancelled","run_id":"run_01a22e23ef03c6b73b5897cc3e1f20df7094a82c6540"}');
INSERT INTO "runs_segment" VALUES('run_01a22e23f71327c6c25f7b06fb36b0f1d6bf1692e193',1,1,'2026-11-30 20:27:18.697743','{"type":"progress","run_id":"run_01a22e23f71327c6c25f7b06fb36b0f1d6bf1692e193","progress":10,"message":"attempt 1"}');
INSERT INTO "runs_segment" VALUES('run_01a22e23f7f245201631ad3e13230e8ef08125e5486b',1,1,'2026-11-30 20:27:18.918146','{"type":"progress","run_id":"run_01a22e23f7f245201631ad3e13230e8ef08125e5486b","progress":10}');
INSERT INTO "runs_segment" VALUES('run_01a22e23f71327c6c25f7b06fb36b0f1d6bf1692e193',2,2,'2026-11-30 20:27:19.355198','{"type":"log","run_id":"run_01a22e23f71327c6c25f7b06fb36b0f1d6bf1692e193","level":"warning","message":"The server stopped during attempt 1; this is attempt 2."}');
INSERT INTO "runs_segment" VALUES('run_01a22e23f7f245201631ad3e13230e8ef08125e5486b',2,2,'2026-11-30 20:27:19.355533','{"type":"error","run_id":"run_01a22e23f7f245201631ad3e13230e8ef08125e5486b","error":{"type":"Interrupted","message":"The server stopped while the workflow ran, and the workflow is not one to be run twice."}}');
INSERT INTO "runs_segment" VALUES('run_01a22e23f71327c6c25f7b06fb36b0f1d6bf1692e193',4,3,'2026-11-30 20:27:19.358612','{"type":"progress","run_id":"run_01a22e23f71327c6c25f7b06fb36b0f1d6bf1692e193","progress":10,"message":"attempt 2"}
{"type":"complete","run_id":"run_01a22e23f71327c6c25f7b06fb36b0f1d6bf1692e193","output":{"attempt":2,"body":"begun again"}}');
INSERT INTO "runs_segment" VALUES('run_01a22e23fb3c5be3827417c73457d084b70787cb2ceb',4,1,'2026-11-30 20:27:19.842088','{"type":"progress","run_id":"run_01a22e23fb3c5be3827417c73457d084b70787cb2ceb","progress":50,"message":"packed","step":"pack"}
{"type":"log","run_id":"run_01a22e23fb3c5be3827417c73457d084b70787cb2ceb","level":"info","message":"handed over"}
{"type":"progress","run_id":"run_01a22e23fb3c5be3827417c73457d084b70787cb2ceb","progress":100,"message":"shipped","step":"ship"}
{"type":"complete","run_id":"run_01a22e23fb3c5be3827417c73457d084b70787cb2ceb","output":{"carrier":"Grüße","order":{"order":4711,"items":["a","b"]},"params":{"order_id":"4711"},"attempt":1}}');
INSERT INTO "runs_segment" VALUES('run_01a22e2400d6243da223d4045bab78f30c1584ea8355',1,1,'2026-11-30 20:27:21.247036','{"type":"progress","run_id":"run_01a22e2400d6243da223d4045bab78f30c1584ea8355","progress":10,"message":"attempt 1"}');
INSERT INTO "runs_segment" VALUES('run_01a22e24013c88f01c4808fa7f3d59fce9260e8c1d12',1,1,'2026-11-30 20:27:21.277477','{"type":"progress","run_id":"run_01a22e24013c88f01c4808fa7f3d59fce9260e8c1d12","progress":10}');
INSERT INTO "runs_segment" VALUES('run_01a22e240159570c6ad9995ea5f07eb2fd258814bd9e',1,1,'2026-11-30 20:27:21.318811','{"type":"progress","run_id":"run_01a22e240159570c6ad9995ea5f07eb2fd258814bd9e","progress":10,"message":"attempt 1"}');
CREATE TABLE "runs_tally" ("span" integer unsigned NOT NULL CHECK ("span" >= 0), "at" bigint NOT NULL, "source_id" bigint NOT NULL, "app_id" varchar(64) NOT NULL, "kind" varchar(48) NOT NULL, "count" bigint NOT NULL, PRIMARY KEY ("span", "at", "source_id", "app_id", "kind"));
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'','complete:000',22);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'app_shop','complete:000',20);
INSERT INTO "runs_tally" VALUES(60,1796070420,1,'app_shop','complete:000',2);
INSERT INTO "runs_tally" VALUES(60,1796070420,2,'app_shop','complete:000',7);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'','complete:000',22);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'app_shop','complete:000',20);
INSERT INTO "runs_tally" VALUES(3600,1796068800,1,'app_shop','complete:000',2);
INSERT INTO "runs_tally" VALUES(3600,1796068800,2,'app_shop','complete:000',7);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'','complete:000',22);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'app_shop','complete:000',20);
INSERT INTO "runs_tally" VALUES(86400,1795996800,1,'app_shop','complete:000',2);
INSERT INTO "runs_tally" VALUES(86400,1795996800,2,'app_shop','complete:000',7);
INSERT INTO "runs_tally" VALUES(60,1796070420,3,'app_shop','complete:000',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,3,'app_shop','complete:000',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,3,'app_shop','complete:000',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'','complete:029',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'app_shop','complete:029',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,4,'app_shop','complete:029',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'','complete:029',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'app_shop','complete:029',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,4,'app_shop','complete:029',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'','complete:029',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'app_shop','complete:029',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,4,'app_shop','complete:029',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'','complete:001',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'','complete:005',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'app_shop','complete:001',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'app_shop','complete:005',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,5,'app_shop','complete:005',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,23,'app_shop','complete:001',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'','complete:001',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'','complete:005',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'app_shop','complete:001',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'app_shop','complete:005',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,5,'app_shop','complete:005',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,23,'app_shop','complete:001',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'','complete:001',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'','complete:005',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'app_shop','complete:001',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'app_shop','complete:005',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,5,'app_shop','complete:005',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,23,'app_shop','complete:001',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'','error:001',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'app_shop','error:001',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,6,'app_shop','error:001',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'','error:001',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'app_shop','error:001',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,6,'app_shop','error:001',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'','error:001',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'app_shop','error:001',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,6,'app_shop','error:001',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'','error:031',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'app_shop','error:031',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,7,'app_shop','error:031',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'','error:031',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'app_shop','error:031',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,7,'app_shop','error:031',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'','error:031',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'app_shop','error:031',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,7,'app_shop','error:031',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,10,'app_shop','complete:000',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,10,'app_shop','complete:000',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,10,'app_shop','complete:000',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,11,'app_shop','complete:000',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,12,'app_shop','complete:000',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,11,'app_shop','complete:000',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,12,'app_shop','complete:000',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,11,'app_shop','complete:000',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,12,'app_shop','complete:000',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,13,'app_shop','complete:000',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,14,'app_shop','complete:000',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,13,'app_shop','complete:000',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,14,'app_shop','complete:000',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,13,'app_shop','complete:000',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,14,'app_shop','complete:000',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,15,'app_shop','complete:000',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,17,'app_shop','complete:000',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,15,'app_shop','complete:000',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,17,'app_shop','complete:000',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,15,'app_shop','complete:000',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,17,'app_shop','complete:000',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'','repeated',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'app_shop','repeated',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,18,'app_shop','complete:000',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,18,'app_shop','repeated',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'','repeated',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'app_shop','repeated',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,18,'app_shop','complete:000',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,18,'app_shop','repeated',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'','repeated',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'app_shop','repeated',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,18,'app_shop','complete:000',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,18,'app_shop','repeated',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'','refused:signature',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'','refused:token',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'app_pruned','complete:000',2);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'app_shop','refused:signature',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'app_shop','refused:token',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,1,'app_shop','refused:token',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,10,'app_shop','refused:signature',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,24,'app_pruned','complete:000',2);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'','refused:signature',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'','refused:token',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'app_pruned','complete:000',2);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'app_shop','refused:signature',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'app_shop','refused:token',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,1,'app_shop','refused:token',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,10,'app_shop','refused:signature',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,24,'app_pruned','complete:000',2);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'','refused:signature',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'','refused:token',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'app_pruned','complete:000',2);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'app_shop','refused:signature',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'app_shop','refused:token',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,1,'app_shop','refused:token',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,10,'app_shop','refused:signature',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,24,'app_pruned','complete:000',2);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'','refused:body',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'','refused:coding',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'','refused:conflict',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'','refused:idempotency key',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'app_shop','refused:body',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'app_shop','refused:coding',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'app_shop','refused:conflict',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'app_shop','refused:idempotency key',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,2,'app_shop','refused:body',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,2,'app_shop','refused:coding',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,18,'app_shop','refused:conflict',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,18,'app_shop','refused:idempotency key',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'','refused:body',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'','refused:coding',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'','refused:conflict',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'','refused:idempotency key',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'app_shop','refused:body',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'app_shop','refused:coding',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'app_shop','refused:conflict',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'app_shop','refused:idempotency key',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,2,'app_shop','refused:body',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,2,'app_shop','refused:coding',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,18,'app_shop','refused:conflict',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,18,'app_shop','refused:idempotency key',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'','refused:body',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'','refused:coding',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'','refused:conflict',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'','refused:idempotency key',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'app_shop','refused:body',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'app_shop','refused:coding',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'app_shop','refused:conflict',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'app_shop','refused:idempotency key',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,2,'app_shop','refused:body',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,2,'app_shop','refused:coding',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,18,'app_shop','refused:conflict',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,18,'app_shop','refused:idempotency key',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'','refused:rate',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'','refused:size',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'','refused:workflow',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'app_shop','refused:rate',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'app_shop','refused:size',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'app_shop','refused:workflow',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,19,'app_shop','complete:000',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,19,'app_shop','refused:rate',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,19,'app_shop','refused:size',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,21,'app_shop','refused:workflow',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'','refused:rate',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'','refused:size',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'','refused:workflow',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'app_shop','refused:rate',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'app_shop','refused:size',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'app_shop','refused:workflow',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,19,'app_shop','complete:000',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,19,'app_shop','refused:rate',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,19,'app_shop','refused:size',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,21,'app_shop','refused:workflow',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'','refused:rate',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'','refused:size',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'','refused:workflow',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'app_shop','refused:rate',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'app_shop','refused:size',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'app_shop','refused:workflow',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,19,'app_shop','complete:000',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,19,'app_shop','refused:rate',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,19,'app_shop','refused:size',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,21,'app_shop','refused:workflow',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'','filtered',2);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'','ping',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'','refused:secret',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'app_other_key','refused:secret',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'app_shop','filtered',2);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'app_shop','ping',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,10,'app_shop','ping',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,16,'app_shop','filtered',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,26,'app_other_key','refused:secret',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'','filtered',2);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'','ping',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'','refused:secret',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'app_other_key','refused:secret',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'app_shop','filtered',2);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'app_shop','ping',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,10,'app_shop','ping',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,16,'app_shop','filtered',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,26,'app_other_key','refused:secret',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'','filtered',2);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'','ping',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'','refused:secret',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'app_other_key','refused:secret',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'app_shop','filtered',2);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'app_shop','ping',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,10,'app_shop','ping',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,16,'app_shop','filtered',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,26,'app_other_key','refused:secret',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'','challenge',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'','verification',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'app_shop','challenge',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'app_shop','verification',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,10,'app_shop','filtered',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,10,'app_shop','verification',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,12,'app_shop','challenge',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'','challenge',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'','verification',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'app_shop','challenge',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'app_shop','verification',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,10,'app_shop','filtered',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,10,'app_shop','verification',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,12,'app_shop','challenge',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'','challenge',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'','verification',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'app_shop','challenge',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'app_shop','verification',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,10,'app_shop','filtered',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,10,'app_shop','verification',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,12,'app_shop','challenge',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'','refused:verify token',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'app_shop','refused:verify token',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,10,'app_shop','refused:verify token',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'','refused:verify token',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'app_shop','refused:verify token',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,10,'app_shop','refused:verify token',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'','refused:verify token',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'app_shop','refused:verify token',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,10,'app_shop','refused:verify token',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'','refused:concurrency',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'app_shop','refused:concurrency',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,20,'app_shop','refused:concurrency',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'','refused:concurrency',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'app_shop','refused:concurrency',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,20,'app_shop','refused:concurrency',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'','refused:concurrency',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'app_shop','refused:concurrency',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,20,'app_shop','refused:concurrency',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'','cancelled',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'app_shop','cancelled',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,20,'app_shop','cancelled',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'','cancelled',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'app_shop','cancelled',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,20,'app_shop','cancelled',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'','cancelled',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'app_shop','cancelled',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,20,'app_shop','cancelled',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'','cancelled:041',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'app_shop','cancelled:041',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,20,'app_shop','cancelled:041',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'','cancelled:041',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'app_shop','cancelled:041',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,20,'app_shop','cancelled:041',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'','cancelled:041',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'app_shop','cancelled:041',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,20,'app_shop','cancelled:041',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'','interrupted',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'app_shop','interrupted',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,8,'app_shop','complete:000',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,9,'app_shop','interrupted',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'','interrupted',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'app_shop','interrupted',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,8,'app_shop','complete:000',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,9,'app_shop','interrupted',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'','interrupted',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'app_shop','interrupted',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,8,'app_shop','complete:000',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,9,'app_shop','interrupted',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'','refused:overloaded',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,0,'app_shop','refused:overloaded',1);
INSERT INTO "runs_tally" VALUES(60,1796070420,3,'app_shop','refused:overloaded',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'','refused:overloaded',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,0,'app_shop','refused:overloaded',1);
INSERT INTO "runs_tally" VALUES(3600,1796068800,3,'app_shop','refused:overloaded',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'','refused:overloaded',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,0,'app_shop','refused:overloaded',1);
INSERT INTO "runs_tally" VALUES(86400,1795996800,3,'app_shop','refused:overloaded',1);
CREATE TABLE "sinks_apitoken" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "name" varchar(200) NOT NULL, "digest" varchar(64) NOT NULL UNIQUE, "hint" varchar(8) NOT NULL, "scopes" text NOT NULL CHECK ((JSON_VALID("scopes") OR "scopes" IS NULL)), "created_at" datetime NOT NULL, "expires_at" datetime NULL, "last_used_at" datetime NULL, "app_id" bigint NULL REFERENCES "sinks_app" ("id") DEFERRABLE INITIALLY DEFERRED, "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED);
INSERT INTO "sinks_apitoken" VALUES(1,'all','1bd09284fc52212effca55040fb2cc29ac35df488a9c333a632668a26a9ac7ef','shk_ze8E','["runs:read", "runs:write", "sinks:read", "sinks:write"]','2026-11-30 20:27:07.096895',NULL,'2026-11-30 20:27:20.010242',NULL,1);
INSERT INTO "sinks_apitoken" VALUES(2,'scoped','e617f31b55f70e16bfdf0e7fe1afa0abb040a94425f97a00569d05ad66c82d42','shk_11z7','["runs:read"]','2026-11-30 20:27:07.322405','2100-01-01 00:00:00',NULL,2,1);
INSERT INTO "sinks_apitoken" VALUES(3,'expired','01d87725eb0111948d3ccfe0ba69ca9e55d535cedca7a702c83901dc522c99a3','shk_GA4w','["runs:read", "runs:write", "sinks:read", "sinks:write"]','2026-11-30 20:27:07.593724','2026-11-29 20:27:08.062895',NULL,NULL,1);
CREATE TABLE "sinks_app" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "app_id" varchar(64) NOT NULL UNIQUE, "name" varchar(200) NOT NULL, "active" bool NOT NULL, "created_at" datetime NOT NULL, "keep_bodies_days" integer unsigned NULL CHECK ("keep_bodies_days" >= 0), "keep_runs" integer unsigned NULL CHECK ("keep_runs" >= 0), "keep_runs_days" integer unsigned NULL CHECK ("keep_runs_days" >= 0));
INSERT INTO "sinks_app" VALUES(1,'app_shop','Shop',1,'2026-11-30 20:27:05.766060',36500,1000000,36500);
INSERT INTO "sinks_app" VALUES(2,'app_pruned','Pruned',1,'2026-11-30 20:27:06.192704',NULL,NULL,NULL);
INSERT INTO "sinks_app" VALUES(3,'app_closed','Closed',0,'2026-11-30 20:27:06.219120',NULL,NULL,NULL);
INSERT INTO "sinks_app" VALUES(4,'app_other_key','',1,'2026-11-30 20:27:06.233041',NULL,NULL,NULL);
CREATE TABLE "sinks_deletedapp" ("keep_runs_days" integer unsigned NULL CHECK ("keep_runs_days" >= 0), "keep_bodies_days" integer unsigned NULL CHECK ("keep_bodies_days" >= 0), "keep_runs" integer unsigned NULL CHECK ("keep_runs" >= 0), "app_id" varchar(64) NOT NULL PRIMARY KEY);
INSERT INTO "sinks_deletedapp" VALUES(36500,36500,1000000,'app_deleted');
CREATE TABLE "sinks_membership" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "role" varchar(8) NOT NULL, "app_id" bigint NOT NULL REFERENCES "sinks_app" ("id") DEFERRABLE INITIALLY DEFERRED, "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "sinks_once_a_member" UNIQUE ("user_id", "app_id"));
INSERT INTO "sinks_membership" VALUES(1,'viewer',1,2);
INSERT INTO "sinks_membership" VALUES(2,'editor',1,3);
INSERT INTO "sinks_membership" VALUES(3,'owner',1,4);
CREATE TABLE "sinks_outcome" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "kind" varchar(32) NOT NULL, "count" bigint NOT NULL, "last_at" datetime NOT NULL, "sink_id" bigint NOT NULL REFERENCES "sinks_sink" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "sinks_one_per_kind" UNIQUE ("sink_id", "kind"));
INSERT INTO "sinks_outcome" VALUES(1,'token',1,'2026-11-30 20:27:14.958166',1);
INSERT INTO "sinks_outcome" VALUES(2,'signature',1,'2026-11-30 20:27:14.958166',10);
INSERT INTO "sinks_outcome" VALUES(3,'repeated',1,'2026-11-30 20:27:14.958166',18);
INSERT INTO "sinks_outcome" VALUES(4,'body',1,'2026-11-30 20:27:15.291912',2);
INSERT INTO "sinks_outcome" VALUES(5,'coding',1,'2026-11-30 20:27:15.291912',2);
INSERT INTO "sinks_outcome" VALUES(6,'conflict',1,'2026-11-30 20:27:15.291912',18);
INSERT INTO "sinks_outcome" VALUES(7,'idempotency key',1,'2026-11-30 20:27:15.291912',18);
INSERT INTO "sinks_outcome" VALUES(8,'rate',1,'2026-11-30 20:27:15.675565',19);
INSERT INTO "sinks_outcome" VALUES(9,'size',1,'2026-11-30 20:27:15.675565',19);
INSERT INTO "sinks_outcome" VALUES(10,'workflow',1,'2026-11-30 20:27:15.675565',21);
INSERT INTO "sinks_outcome" VALUES(11,'ping',1,'2026-11-30 20:27:16.050102',10);
INSERT INTO "sinks_outcome" VALUES(12,'filtered',1,'2026-11-30 20:27:16.050102',16);
INSERT INTO "sinks_outcome" VALUES(13,'secret',1,'2026-11-30 20:27:16.050102',26);
INSERT INTO "sinks_outcome" VALUES(14,'filtered',1,'2026-11-30 20:27:16.407314',10);
INSERT INTO "sinks_outcome" VALUES(15,'verification',1,'2026-11-30 20:27:16.407314',10);
INSERT INTO "sinks_outcome" VALUES(16,'challenge',1,'2026-11-30 20:27:16.407314',12);
INSERT INTO "sinks_outcome" VALUES(17,'verify token',1,'2026-11-30 20:27:16.751616',10);
INSERT INTO "sinks_outcome" VALUES(18,'concurrency',1,'2026-11-30 20:27:17.095771',20);
INSERT INTO "sinks_outcome" VALUES(19,'overloaded',1,'2026-11-30 20:27:21.572696',3);
CREATE TABLE "sinks_refusal" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "at" datetime NOT NULL, "status" smallint unsigned NOT NULL CHECK ("status" >= 0), "reason" varchar(200) NOT NULL, "client" varchar(64) NOT NULL, "sink_id" bigint NOT NULL REFERENCES "sinks_sink" ("id") DEFERRABLE INITIALLY DEFERRED);
INSERT INTO "sinks_refusal" VALUES(1,'2026-11-30 20:27:14.858317',401,'Missing or invalid bearer token. Send ''Authorization: Bearer <token>''.','127.0.0.1',1);
INSERT INTO "sinks_refusal" VALUES(2,'2026-11-30 20:27:14.906571',401,'No secret of the sink''s made this signature.','127.0.0.1',10);
INSERT INTO "sinks_refusal" VALUES(3,'2026-11-30 20:27:15.168248',400,'The body is not the gzip data that its Content-Encoding says.','127.0.0.1',2);
INSERT INTO "sinks_refusal" VALUES(4,'2026-11-30 20:27:15.243407',415,'The Content-Encoding ''unknown'' is not known: send gzip, deflate, or none.','127.0.0.1',2);
INSERT INTO "sinks_refusal" VALUES(5,'2026-11-30 20:27:15.087807',409,'This Idempotency-Key, or delivery id, came with another request before.','127.0.0.1',18);
INSERT INTO "sinks_refusal" VALUES(6,'2026-11-30 20:27:15.120628',400,'An Idempotency-Key has 1 to 255 characters.','127.0.0.1',18);
INSERT INTO "sinks_refusal" VALUES(7,'2026-11-30 20:27:15.390667',413,'The body is larger than 100 bytes.','127.0.0.1',19);
INSERT INTO "sinks_refusal" VALUES(8,'2026-11-30 20:27:15.454146',429,'This sink''s rate is used up; Retry-After says when it takes more.','127.0.0.1',19);
INSERT INTO "sinks_refusal" VALUES(9,'2026-11-30 20:27:15.511934',500,'The sink''s workflow is not installed, or does not take its options.','127.0.0.1',21);
INSERT INTO "sinks_refusal" VALUES(10,'2026-11-30 20:27:15.823279',200,'The filter cannot be applied to this delivery: abs() got object, and takes number.','127.0.0.1',16);
INSERT INTO "sinks_refusal" VALUES(11,'2026-11-30 20:27:15.787302',500,'The sink''s token cannot be read: its admin must set it anew.','127.0.0.1',26);
INSERT INTO "sinks_refusal" VALUES(12,'2026-11-30 20:27:16.457411',403,'The verify token is not the one that the sink has.','127.0.0.1',10);
INSERT INTO "sinks_refusal" VALUES(13,'2026-11-30 20:27:16.943297',429,'As many runs of this sink as may are executed or wait already.','127.0.0.1',20);
INSERT INTO "sinks_refusal" VALUES(14,'2026-11-30 20:27:21.457320',503,'The server is overloaded; try again shortly.','127.0.0.1',3);
CREATE TABLE "sinks_revision" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "number" bigint NOT NULL);
INSERT INTO "sinks_revision" VALUES(1,36);
CREATE TABLE "sinks_sink" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "path" varchar(500) NOT NULL, "method" varchar(32) NOT NULL, "shape" varchar(500) NOT NULL, "encrypted_token" text NOT NULL, "workflow" varchar(100) NOT NULL, "options" text NOT NULL CHECK ((JSON_VALID("options") OR "options" IS NULL)), "timeout" real NOT NULL, "active" bool NOT NULL, "description" text NOT NULL, "created_at" datetime NOT NULL, "changed_at" datetime NOT NULL, "app_id" bigint NOT NULL REFERENCES "sinks_app" ("id") DEFERRABLE INITIALLY DEFERRED, "attempts" smallint unsigned NOT NULL CHECK ("attempts" >= 0), "backoff" real NOT NULL, "engine" varchar(16) NOT NULL, "answer" varchar(8) NOT NULL, "body_limit" integer unsigned NULL CHECK ("body_limit" >= 0), "concurrency" integer unsigned NULL CHECK ("concurrency" >= 0), "cors_origins" text NOT NULL, "dedupe_body" varchar(500) NOT NULL, "dedupe_header" varchar(100) NOT NULL, "dedupe_window" integer unsigned NOT NULL CHECK ("dedupe_window" >= 0), "encrypted_secrets" text NOT NULL, "filter" text NOT NULL, "queue" integer unsigned NULL CHECK ("queue" >= 0), "rate" varchar(32) NOT NULL, "redirect" varchar(500) NOT NULL, "signature" varchar(16) NOT NULL, "signature_algorithm" varchar(8) NOT NULL, "signature_encoding" varchar(8) NOT NULL, "signature_header" varchar(100) NOT NULL, "signature_prefix" varchar(50) NOT NULL, "tolerance" integer unsigned NOT NULL CHECK ("tolerance" >= 0), "priority" smallint NOT NULL, "encrypted_verify_token" text NOT NULL, CONSTRAINT "sinks_one_per_method" UNIQUE ("app_id", "shape", "method"));
INSERT INTO "sinks_sink" VALUES(1,'/orders/{order_id}','POST','/orders/{}','gAAAAABrDdwZUKnniSSpCqtZPzlqHoyTKFN0bdtyu9MqUoUQXQtxNFW2Gzz_85R2hlYxGV_xaOcOvAkvcatl8sOsH8QHWnOO6zzbHOs47ofubl0sLrccXXQ=','ship','{"carrier": "Gr\u00fc\u00dfe"}',60.0,1,'Orders.
Of the shop.','2026-11-30 20:27:05.833300','2026-11-30 20:27:05.833335',1,1,5.0,'','json',NULL,NULL,'','','',86400,'','',NULL,'','','','sha256','hex','','',300,0,'');
INSERT INTO "sinks_sink" VALUES(2,'/anything','ANY','/anything','','read_request','{}',300.0,1,'','2026-11-30 20:27:05.843857','2026-11-30 20:27:05.843889',1,1,5.0,'local','json',NULL,NULL,'','','',86400,'','',NULL,'','','','sha256','hex','','',300,0,'');
INSERT INTO "sinks_sink" VALUES(3,'/hello','GET','/hello','','echo','{}',300.0,1,'','2026-11-30 20:27:05.854897','2026-11-30 20:27:05.854927',1,1,5.0,'','stream',NULL,NULL,'','','',86400,'','',NULL,'','','','sha256','hex','','',300,0,'');
INSERT INTO "sinks_sink" VALUES(4,'/stream','PUT','/stream','','report','{"events": 700}',300.0,1,'','2026-11-30 20:27:05.867962','2026-11-30 20:27:05.868000',1,1,5.0,'','stream',NULL,NULL,'','','',86400,'','',NULL,'','','','sha256','hex','','',300,0,'');
INSERT INTO "sinks_sink" VALUES(5,'/words','POST','/words','','count_words','{}',300.0,1,'','2026-11-30 20:27:05.875267','2026-11-30 20:27:05.875295',1,1,5.0,'','async',NULL,NULL,'','','',86400,'','',NULL,'','','','sha256','hex','','',300,0,'');
INSERT INTO "sinks_sink" VALUES(6,'/fail','POST','/fail','','fail','{}',300.0,1,'','2026-11-30 20:27:05.878032','2026-11-30 20:27:05.878051',1,1,5.0,'','json',NULL,NULL,'','','',86400,'','',NULL,'','','','sha256','hex','','',300,0,'');
INSERT INTO "sinks_sink" VALUES(7,'/late','POST','/late','','wait','{}',0.2,1,'','2026-11-30 20:27:05.895669','2026-11-30 20:27:05.895697',1,1,5.0,'','json',NULL,NULL,'','','',86400,'','',NULL,'','','','sha256','hex','','',300,0,'');
INSERT INTO "sinks_sink" VALUES(8,'/wait','POST','/wait','','wait','{}',300.0,1,'','2026-11-30 20:27:05.903062','2026-11-30 20:27:05.903103',1,1,5.0,'','async',NULL,NULL,'','','',86400,'','',NULL,'','','','sha256','hex','','',300,0,'');
INSERT INTO "sinks_sink" VALUES(9,'/wait-once','POST','/wait-once','','wait_once','{}',300.0,1,'','2026-11-30 20:27:05.927233','2026-11-30 20:27:05.927265',1,1,5.0,'','async',NULL,NULL,'','','',86400,'','',NULL,'','','','sha256','hex','','',300,0,'');
INSERT INTO "sinks_sink" VALUES(10,'/github','POST','/github','','ship','{}',300.0,1,'','2026-11-30 20:27:05.939537','2026-11-30 20:27:05.939571',1,1,5.0,'','json',NULL,NULL,'','','X-GitHub-Delivery',3600,'gAAAAABrDdwZvm6R5esYVZUnF17L6dYYtGMKdopqPA8URu70l4YWhwPPQ3cINMKcDH0-tgfyGUJX-KO2bNyaLg0vTUNIAyYcH6m6Qv-8W9_4lc5EQoS-byPhWSNGY8IHDlQTrEdP2O6ncMg6905Ph_UtzX8GlxO1Ow==','headers."x-github-event" == ''push''',NULL,'','','github','sha256','hex','','',300,0,'gAAAAABrDdwZjYNDLMg9LYmaVaH5tU4PHmhlHbZ84YZavyLRN03ZsB23ugpv7wC0l40LEe765MBTwL_i70sAeUagtgVsulsu19_jM1mN3JTtOTAgaL7gtWk=');
INSERT INTO "sinks_sink" VALUES(11,'/stripe','POST','/stripe','','ship','{}',300.0,1,'','2026-11-30 20:27:05.947851','2026-11-30 20:27:05.947882',1,1,5.0,'','json',NULL,NULL,'','id','',7776000,'gAAAAABrDdwZEYRvr_hqzU90EDxH49fBu61XxPeAMwLw3L5BXlwXc4D2YDLBzqUvZOT1X1mdQJr2ngIrVXCQEllhQrB9bW5qIk8leLtuAr4P7hY1AHkMXXk=','',NULL,'','','stripe','sha256','hex','','',600,0,'');
INSERT INTO "sinks_sink" VALUES(12,'/slack','POST','/slack','','ship','{}',300.0,1,'','2026-11-30 20:27:05.960599','2026-11-30 20:27:05.960629',1,1,5.0,'','json',NULL,NULL,'','','',86400,'gAAAAABrDdwZZrhCKr1n3tatsiXT5zPhkLOUR26KJVuKMbLnq6-lm-gYSmENdlTBL5_ezRFdEYhIe_iDdB6oFTAj1uubJ7Iwv8xflzUgYzEgtoxAcOMxSNs=','',NULL,'','','slack','sha256','hex','','',300,0,'');
INSERT INTO "sinks_sink" VALUES(13,'/shopify','POST','/shopify','','ship','{}',300.0,1,'','2026-11-30 20:27:05.969579','2026-11-30 20:27:05.969611',1,1,5.0,'','json',NULL,NULL,'','','',86400,'gAAAAABrDdwZifmn017QBTXs_VI_ELL8wkuEIb5rTnoTtHS95JASH1FmFJbl3DF__cZCNFRYNzjhZBICxKYrzf4C2wmBOgdiynFyWzVXmKvXCfgySAYLbdk=','',NULL,'','','shopify','sha256','hex','','',300,0,'');
INSERT INTO "sinks_sink" VALUES(14,'/standard','POST','/standard','','ship','{}',300.0,1,'','2026-11-30 20:27:05.977306','2026-11-30 20:27:05.977333',1,1,5.0,'','json',NULL,NULL,'','','webhook-id',86400,'gAAAAABrDdwZ4YuWpD5sBiPpSG4-Qbf668d1iaNKkm8ZMKSB4xjSTIoGiSeUAC_0nKdTORCJKJmTWK3Y2TSCAeIqXB3QI6Pk6ymB1xOsfmxfeAy7gApePtjQvaM3Rhx9nIJYssExyJiS','',NULL,'','','standard','sha256','hex','','',300,0,'');
INSERT INTO "sinks_sink" VALUES(15,'/hmac','POST','/hmac','','ship','{}',300.0,1,'','2026-11-30 20:27:05.994192','2026-11-30 20:27:05.994223',1,1,5.0,'','json',NULL,NULL,'','','',86400,'gAAAAABrDdwZ8ea_Bul_-UI-0FzL9dTRNIsvCPm30m-Ch9jbyVUYvBaHyhSHkK1_YVfOmckC8o-S8FfaFlIxNKAY9QuGsZpE-iIiwfeu0tm2VTzH8Dy79qI=','',NULL,'','','hmac','sha512','base64','X-Signature','sha512:',300,0,'');
INSERT INTO "sinks_sink" VALUES(16,'/faulty-filter','POST','/faulty-filter','','echo','{}',300.0,1,'','2026-11-30 20:27:06.007903','2026-11-30 20:27:06.007932',1,1,5.0,'','stream',NULL,NULL,'','','',86400,'','abs(body) > `1`',NULL,'','','','sha256','hex','','',300,0,'');
INSERT INTO "sinks_sink" VALUES(17,'/brief','POST','/brief','','ship','{}',300.0,1,'','2026-11-30 20:27:06.019476','2026-11-30 20:27:06.019507',1,1,5.0,'','json',NULL,NULL,'','','',1,'','',NULL,'','','','sha256','hex','','',300,0,'');
INSERT INTO "sinks_sink" VALUES(18,'/repeated','POST','/repeated','','ship','{}',300.0,1,'','2026-11-30 20:27:06.030513','2026-11-30 20:27:06.030549',1,1,5.0,'','json',NULL,NULL,'','','',7776000,'','',NULL,'','','','sha256','hex','','',300,0,'');
INSERT INTO "sinks_sink" VALUES(19,'/limited','POST','/limited','','echo','{}',300.0,1,'','2026-11-30 20:27:06.141513','2026-11-30 20:27:06.141540',1,1,5.0,'','json',100,NULL,'https://example.com
https://shop.example.com','','',86400,'','',NULL,'1/day','https://example.com/thanks','','sha256','hex','','',300,0,'');
INSERT INTO "sinks_sink" VALUES(20,'/queued','POST','/queued','','wait','{}',300.0,1,'','2026-11-30 20:27:06.159100','2026-11-30 20:27:06.159131',1,1,5.0,'','async',NULL,1,'','','',86400,'','',1,'','','','sha256','hex','','',300,0,'');
INSERT INTO "sinks_sink" VALUES(21,'/no-workflow','POST','/no-workflow','','uninstalled','{}',300.0,1,'','2026-11-30 20:27:06.173680','2026-11-30 20:27:06.173718',1,1,5.0,'','stream',NULL,NULL,'','','',86400,'','',NULL,'','','','sha256','hex','','',300,0,'');
INSERT INTO "sinks_sink" VALUES(22,'/inactive','POST','/inactive','','echo','{}',300.0,0,'','2026-11-30 20:27:06.177001','2026-11-30 20:27:06.177023',1,1,5.0,'','stream',NULL,NULL,'','','',86400,'','',NULL,'','','','sha256','hex','','',300,0,'');
INSERT INTO "sinks_sink" VALUES(23,'/ranked','POST','/ranked','','echo','{}',300.0,1,'','2026-11-30 20:27:06.190684','2026-11-30 20:27:06.190716',1,1,2.5,'','stream',NULL,NULL,'','','',86400,'','',NULL,'','','','sha256','hex','','',300,7,'');
INSERT INTO "sinks_sink" VALUES(24,'/orders','POST','/orders','','ship','{}',300.0,1,'','2026-11-30 20:27:06.205019','2026-11-30 20:27:06.205049',2,1,5.0,'','json',NULL,NULL,'','','',7776000,'','',NULL,'','','','sha256','hex','','',300,0,'');
INSERT INTO "sinks_sink" VALUES(25,'/hello','GET','/hello','','echo','{}',300.0,1,'','2026-11-30 20:27:06.231314','2026-11-30 20:27:06.231343',3,1,5.0,'','stream',NULL,NULL,'','','',86400,'','',NULL,'','','','sha256','hex','','',300,0,'');
INSERT INTO "sinks_sink" VALUES(26,'/other-key','POST','/other-key','gAAAAABrDdwc59vaECM_QSBZ8zY7TB8c39tB9Z1v-DMOLEBZtuPSGAqj2EnWm-dK7q6s3-S0SDwQUtyW1ccFtyem_Bb2oka7pA==','echo','{}',300.0,1,'','2026-11-30 20:27:06.263395','2026-11-30 20:27:06.263426',4,1,5.0,'','stream',NULL,NULL,'','','',86400,'','',NULL,'','','','sha256','hex','','',300,0,'');
CREATE UNIQUE INDEX "auth_group_permissions_group_id_permission_id_0cd325b0_uniq" ON "auth_group_permissions" ("group_id", "permission_id");
CREATE INDEX "auth_group_permissions_group_id_b120cbf9" ON "auth_group_permissions" ("group_id");
CREATE INDEX "auth_group_permissions_permission_id_84c5c92e" ON "auth_group_permissions" ("permission_id");
CREATE UNIQUE INDEX "auth_user_groups_user_id_group_id_94350c0c_uniq" ON "auth_user_groups" ("user_id", "group_id");
CREATE INDEX "auth_user_groups_user_id_6a12ed8b" ON "auth_user_groups" ("user_id");
CREATE INDEX "auth_user_groups_group_id_97559544" ON "auth_user_groups" ("group_id");
CREATE UNIQUE INDEX "auth_user_user_permissions_user_id_permission_id_14a6b632_uniq" ON "auth_user_user_permissions" ("user_id", "permission_id");
CREATE INDEX "auth_user_user_permissions_user_id_a95ead1b" ON "auth_user_user_permissions" ("user_id");
CREATE INDEX "auth_user_user_permissions_permission_id_1fbb5f2c" ON "auth_user_user_permissions" ("permission_id");
CREATE INDEX "django_admin_log_content_type_id_c4bce8eb" ON "django_admin_log" ("content_type_id");
CREATE INDEX "django_admin_log_user_id_c564eba6" ON "django_admin_log" ("user_id");
CREATE UNIQUE INDEX "django_content_type_app_label_model_76bd3d3b_uniq" ON "django_content_type" ("app_label", "model");
CREATE UNIQUE INDEX "auth_permission_content_type_id_codename_01ab375a_uniq" ON "auth_permission" ("content_type_id", "codename");
CREATE INDEX "auth_permission_content_type_id_2f476e4b" ON "auth_permission" ("content_type_id");
CREATE INDEX "axes_accessattempt_user_agent_ad89678b" ON "axes_accessattempt" ("user_agent");
CREATE INDEX "axes_accessattempt_ip_address_10922d9c" ON "axes_accessattempt" ("ip_address");
CREATE INDEX "axes_accessattempt_username_3f2d4ca0" ON "axes_accessattempt" ("username");
CREATE UNIQUE INDEX "axes_accessattempt_username_ip_address_user_agent_8ea22282_uniq" ON "axes_accessattempt" ("username", "ip_address", "user_agent");
CREATE INDEX "axes_accessfailurelog_user_agent_ea145dda" ON "axes_accessfailurelog" ("user_agent");
CREATE INDEX "axes_accessfailurelog_ip_address_2e9f5a7f" ON "axes_accessfailurelog" ("ip_address");
CREATE INDEX "axes_accessfailurelog_username_a8b7e8a4" ON "axes_accessfailurelog" ("username");
CREATE INDEX "axes_accesslog_user_agent_0e659004" ON "axes_accesslog" ("user_agent");
CREATE INDEX "axes_accesslog_ip_address_86b417e5" ON "axes_accesslog" ("ip_address");
CREATE INDEX "axes_accesslog_username_df93064b" ON "axes_accesslog" ("username");
CREATE INDEX "runs_unfinished" ON "runs_run" ("executor_id") WHERE "status" = 'running';
CREATE INDEX "runs_to_cancel" ON "runs_run" ("executor_id") WHERE ("cancel_requested" AND "status" IN ('queued', 'running'));
CREATE INDEX "runs_to_take" ON "runs_run" ("id") WHERE ("engine" = 'local' AND "executor_id" = 0 AND "status" = 'queued');
CREATE UNIQUE INDEX "runs_once" ON "runs_run" ("idempotency_key") WHERE "idempotency_key" IS NOT NULL;
CREATE INDEX "runs_of_app" ON "runs_run" ("app_id", "id");
CREATE INDEX "runs_of_source" ON "runs_run" ("source_id", "id");
CREATE INDEX "runs_open" ON "runs_run" ("id") WHERE "status" IN ('queued', 'running');
CREATE INDEX "runs_bad" ON "runs_run" ("status", "id") WHERE "status" IN ('error', 'cancelled', 'interrupted');
CREATE INDEX "runs_bad_of_app" ON "runs_run" ("app_id", "status", "id") WHERE "status" IN ('error', 'cancelled', 'interrupted');
CREATE INDEX "django_session_expire_date_a5c62663" ON "django_session" ("expire_date");
CREATE INDEX "sinks_refusal_sink_id_5bd6a29f" ON "sinks_refusal" ("sink_id");
CREATE INDEX "sinks_outcome_sink_id_a0f1e995" ON "sinks_outcome" ("sink_id");
CREATE INDEX "sinks_apitoken_app_id_d5251088" ON "sinks_apitoken" ("app_id");
CREATE INDEX "sinks_apitoken_user_id_9bf0c610" ON "sinks_apitoken" ("user_id");
CREATE INDEX "sinks_membership_app_id_cf3c4b04" ON "sinks_membership" ("app_id");
CREATE INDEX "sinks_membership_user_id_ca685bba" ON "sinks_membership" ("user_id");
CREATE INDEX "sinks_sink_app_id_0dd58a0f" ON "sinks_sink" ("app_id");
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('django_migrations',53);
INSERT INTO "sqlite_sequence" VALUES('django_admin_log',1);
INSERT INTO "sqlite_sequence" VALUES('django_content_type',25);
INSERT INTO "sqlite_sequence" VALUES('auth_permission',100);
INSERT INTO "sqlite_sequence" VALUES('auth_group',2);
INSERT INTO "sqlite_sequence" VALUES('auth_user',5);
INSERT INTO "sqlite_sequence" VALUES('axes_accessattempt',1);
INSERT INTO "sqlite_sequence" VALUES('axes_accesslog',0);
INSERT INTO "sqlite_sequence" VALUES('sinks_revision',1);
INSERT INTO "sqlite_sequence" VALUES('sinks_sink',27);
INSERT INTO "sqlite_sequence" VALUES('sinks_app',5);
INSERT INTO "sqlite_sequence" VALUES('sinks_apitoken',3);
INSERT INTO "sqlite_sequence" VALUES('auth_group_permissions',2);
INSERT INTO "sqlite_sequence" VALUES('auth_user_groups',3);
INSERT INTO "sqlite_sequence" VALUES('auth_user_user_permissions',6);
INSERT INTO "sqlite_sequence" VALUES('sinks_membership',3);
INSERT INTO "sqlite_sequence" VALUES('runs_executor',3);
INSERT INTO "sqlite_sequence" VALUES('runs_retentionclock',1);
INSERT INTO "sqlite_sequence" VALUES('sinks_outcome',19);
INSERT INTO "sqlite_sequence" VALUES('sinks_refusal',14);
COMMIT;
